"""Symptoms of a container that never ran: scheduling, pulling, creating. Sources: Kubernetes, NVIDIA, issues."""

from __future__ import annotations

from vllm_qualify.diagnosis.symptom import Weight, symptom
from vllm_qualify.records import Certainty

SYMPTOMS = (
    symptom(
        "E11",
        r"requirement error: unsatisfied condition: (cuda>=[\d.]+)",
        "the node's driver does not satisfy the image's {0}",
        "Upgrade the driver, or take an image with an older CUDA; NVIDIA_DISABLE_REQUIRE=1 lifts the check, and needs"
        " the host's driver first in LD_LIBRARY_PATH on a GeForce, or error 804 follows.",
        weight=Weight.EARLY,
        reference="vllm-project/vllm#5635, vllm-project/vllm#18813, gpustack/gpustack#5886",
    ),
    symptom(
        "E12",
        r"nvidia-container-cli: initialization error|could not select device driver"
        r"|no runtime for \\?\"nvidia\\?\" is configured|RuntimeHandler \\?\"nvidia\\?\" not supported",
        "the node's container runtime cannot give GPUs",
        "Install the NVIDIA container toolkit on the node, configure the runtime, name its RuntimeClass in the pod.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EARLY,
        reference="NVIDIA container toolkit: installation guide",
    ),
    symptom(
        "E14",
        r"\d{1,6}/\d{1,6} nodes are available: (.{0,200})|Insufficient nvidia\.com/gpu",
        "no node can take the pod: {0}",
        "Free the GPU: is an old pod still holding it? Use the strategy Recreate, not RollingUpdate.",
        weight=Weight.EARLY,
        reference="NVIDIA/k8s-device-plugin#283, NVIDIA/k8s-device-plugin#430",
    ),
    symptom(
        "E69",
        r"UnexpectedAdmissionError|requested number of devices unavailable|no healthy devices present",
        "the GPU's device plugin refused the pod: the GPU is taken or unhealthy",
        "Look at the device plugin's log on the node, and whether the GPU is healthy and free.",
        weight=Weight.EARLY,
        reference="Kubernetes: device plugins",
    ),
    symptom(
        "E16",
        r"toomanyrequests|You have reached your (?:unauthenticated )?pull rate limit",
        "the registry refused the pull for now: too many requests",
        "Wait, pull with an account (imagePullSecrets), or through a mirror.",
        weight=Weight.EARLY,
        reference="registry API: error TOOMANYREQUESTS",
    ),
    symptom(
        "E70",
        r"pull access denied|unauthorized: authentication required|no basic auth credentials"
        r"|insufficient_scope: authorization failed",
        "the registry does not give this image without credentials, or it does not exist",
        "Check the image's name, and give the pod imagePullSecrets.",
        weight=Weight.EARLY,
        reference="registry API: errors DENIED, UNAUTHORIZED",
    ),
    symptom(
        "E71",
        r"x509: certificate|CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError",
        "a server's certificate is not trusted",
        "Give the node or the container the certificate authority of the proxy or mirror in between.",
        reference="Go: crypto/x509; Python: ssl",
    ),
    symptom(
        "E72",
        r"exec format error|no matching manifest for linux/|no match for platform in manifest",
        "the image is for another processor architecture than the node's",
        "Take the image for the node's architecture, by a multi-architecture tag or one with its suffix.",
        weight=Weight.EARLY,
        reference="OCI image index: platform",
    ),
    symptom(
        "E15",
        r"ErrImagePull|ImagePullBackOff|manifest unknown|manifest for .{1,200} not found|InvalidImageName",
        "the image cannot be pulled",
        "Check the tag and its variant in the registry.",
        weight=Weight.EARLY,
        reference="Kubernetes: images; registry API: error MANIFEST_UNKNOWN",
    ),
    symptom(
        "E73",
        r"CreateContainerConfigError|(?:secret|configmap) \\?\"[\w.-]{1,253}\\?\" not found"
        r"|couldn't find key \S+ in (?:Secret|ConfigMap)",
        "a Secret or ConfigMap that the pod names is missing",
        "Create it in the pod's namespace, or correct its name or key in the manifest.",
        weight=Weight.EARLY,
        reference="Kubernetes: Secrets",
    ),
    symptom(
        "E74",
        r"FailedMount|FailedAttachVolume|hostPath type check failed|MountVolume\.SetUp failed"
        r"|pod has unbound immediate PersistentVolumeClaims",
        "a volume of the pod cannot be mounted",
        "Look at the event's text: the path, the claim or its storage class is missing on this node.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EARLY,
        reference="Kubernetes: volumes",
    ),
    symptom(
        "E75",
        r"executable file not found in \$PATH|unable to start container process: exec: |Reason: +StartError",
        "the container's command does not exist in the image",
        "Leave `command` out of the manifest, or write what the image's entrypoint is in this release.",
        weight=Weight.EARLY,
        reference="OCI runtime: process.args",
    ),
    symptom(
        "E50",
        r"KeyboardInterrupt: terminated|failed (startup|liveness) probe, will be restarted",
        "a probe ended the container before the engine was ready",
        "Give the startupProbe a larger failureThreshold: a first start downloads and compiles.",
        certainty=Certainty.PROBABLE,
        weight=Weight.ENDED,
        reference="vllm-project/vllm#17386, vllm: docs/deployment/k8s.md",
    ),
)
