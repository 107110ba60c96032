"""Symptoms of a container that never ran: scheduling, pulling, creating. Sources: Kubernetes, NVIDIA, issues."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.symptom import Weight, reading, symptom

_NO_WAY = (
    r"(?:dial tcp|i/o timeout|TLS handshake timeout|connection refused|no such host|connection reset by peer"
    r"|Client\.Timeout exceeded)"
)

SYMPTOMS = (
    symptom(
        "E11",
        r"requirement error: unsatisfied condition: (cuda>=[\d.]+)",
        "the node's driver does not satisfy the image's {0}",
        "Upgrade the driver, or use an image with an older CUDA; NVIDIA_DISABLE_REQUIRE=1 skips the check, but on a"
        " GeForce put the host's driver first in LD_LIBRARY_PATH to avoid error 804.",
        weight=Weight.EARLY,
        reference="vllm-project/vllm#5635, vllm-project/vllm#18813, gpustack/gpustack#5886",
    ),
    symptom(
        "E12",
        r"nvidia-container-cli: initialization error|could not select device driver"
        r"|no runtime for \\?\"nvidia\\?\" is configured|RuntimeHandler \\?\"nvidia\\?\" not supported"
        r"|RuntimeClass \\?\"([\w.-]{1,253})\\?\" not found",
        "the node's container runtime cannot provide GPUs",
        "Install the NVIDIA container toolkit on the node, configure the runtime, set its RuntimeClass in the pod.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EARLY,
        reference="NVIDIA container toolkit: installation guide, aws-samples/aws-do-eks#96",
        readings=(
            reading(
                r"RuntimeClass \\?\"[\w.-]{1,253}\\?\" not found",
                "Create the RuntimeClass (NVIDIA's GPU operator and container toolkit add `nvidia`), or drop"
                " runtimeClassName from the pod if the node's default runtime provides GPUs; kubectl get runtimeclass"
                " lists what exists.",
                title="the RuntimeClass {0} does not exist in the cluster",
                certainty=Certainty.CERTAIN,
            ),
        ),
    ),
    symptom(
        "E14",
        r"\d{1,6}/\d{1,6} nodes are available: (.{0,200})|Insufficient nvidia\.com/gpu",
        "no node can run the pod: {0}",
        "Free the GPU: is an old pod still holding it? Use the strategy Recreate, not RollingUpdate.",
        weight=Weight.EARLY,
        reference="NVIDIA/k8s-device-plugin#283, NVIDIA/k8s-device-plugin#430",
        until="Successfully assigned ",
    ),
    symptom(
        "E69",
        r"UnexpectedAdmissionError|requested number of devices unavailable|no healthy devices present",
        "the GPU's device plugin rejected the pod: the GPU is in use or unhealthy",
        "Check the device plugin's log on the node, and that the GPU is healthy and free.",
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
        "the image needs registry credentials, or it does not exist",
        "Check the image's name, and give the pod imagePullSecrets.",
        weight=Weight.EARLY,
        reference="registry API: errors DENIED, UNAUTHORIZED",
    ),
    symptom(
        "E71",
        r"x509: certificate|CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError",
        "a server's certificate is not trusted",
        "Add the CA certificate of the proxy or mirror in between to the node or the container.",
        reference="Go: crypto/x509; Python: ssl",
    ),
    symptom(
        "E72",
        r"exec format error|no matching manifest for linux/|no match for platform in manifest",
        "the image is for a different CPU architecture than the node's",
        "Use an image for the node's architecture: a multi-architecture tag or one with its suffix.",
        weight=Weight.EARLY,
        reference="OCI image index: platform",
    ),
    symptom(
        "E107",
        rf"ailed to pull image .{{0,600}}{_NO_WAY}|pinging container registry .{{0,600}}{_NO_WAY}"
        rf"|failed to resolve reference .{{0,600}}{_NO_WAY}|registry-1\.docker\.io.{{0,600}}{_NO_WAY}",
        "the node cannot reach the registry",
        "Check the node's DNS, proxy and egress, or use a mirror or a registry in the cluster.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EARLY,
        reference="containerd, CRI-O, dockerd: pulling",
    ),
    symptom(
        "E15",
        r"ErrImagePull|ImagePullBackOff|manifest unknown|manifest for .{1,200} not found|InvalidImageName"
        r"|failed to resolve reference \W{0,3}([\w./:@-]{1,300}).{0,400}: not found|No such image: (\S{1,300})"
        r"|failed to resolve image: (\S{1,300})|reading manifest (\S{1,200}) in (\S{1,200}): (?:manifest unknown"
        r"|unexpected)",
        "the image cannot be pulled",
        "Check the tag and its variant in the registry.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EARLY,
        reference="Kubernetes: images; registry API: error MANIFEST_UNKNOWN; noonghunna/club-3090#165",
        readings=(
            reading(
                r"InvalidImageName|couldn't parse image (?:name|reference)",
                "Correct the image's name in the manifest: registry/name:tag in lower case, without a scheme.",
                title="the image's name is not valid",
                certainty=Certainty.CERTAIN,
            ),
            reading(
                r"(?:reference|manifest for|No such image:|manifest) \W{0,3}([\w./:@-]{3,300}).{0,400}(?:not found"
                r"|unknown)",
                "Look up which tags the registry has: a release has variants (-cu129, -cpu, -x86_64), nightly tags"
                " vanish.",
                title="the image does not exist in the registry: {5}",
                certainty=Certainty.CERTAIN,
            ),
            reading(
                r"manifest unknown|: not found|No such image",
                "Look up which tags the registry has: a release has variants (-cu129, -cpu, -x86_64), nightly tags"
                " vanish.",
                title="the image's tag does not exist in the registry",
                certainty=Certainty.CERTAIN,
            ),
        ),
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
        "E108",
        r"exceeded quota: ([\w.-]{1,253})|violates PodSecurity"
        r"|admission webhook \W{0,3}([\w./-]{1,253}).{0,40}denied the request"
        r"|error looking up service account (\S{1,253})",
        "the cluster refused to create the pod: {0}{1}{2}",
        "Check the event for the rule: a ResourceQuota, the namespace's PodSecurity level, an admission webhook, or a"
        " missing service account.",
        weight=Weight.EARLY,
        reference="Kubernetes: admission control",
    ),
    symptom(
        "E74",
        r"FailedMount|FailedAttachVolume|hostPath type check failed|MountVolume\.SetUp failed"
        r"|pod has unbound immediate PersistentVolumeClaims",
        "a volume of the pod cannot be mounted",
        "Read the event's text: the path, the claim or its storage class is missing on this node.",
        certainty=Certainty.PROBABLE,
        weight=Weight.EARLY,
        reference="Kubernetes: volumes",
    ),
    symptom(
        "E75",
        r"executable file not found in \$PATH|unable to start container process: exec: |Reason: +StartError",
        "the container's command does not exist in the image",
        "Leave `command` out of the manifest, or set it to the image's entrypoint in this release.",
        weight=Weight.EARLY,
        reference="OCI runtime: process.args",
    ),
    symptom(
        "E50",
        r"KeyboardInterrupt: terminated|failed (startup|liveness) probe, will be restarted"
        r"|(Startup|Liveness) probe failed: (.{1,200})",
        "a probe ended the container before the engine was ready",
        "Give the startupProbe a larger failureThreshold: a first start downloads and compiles.",
        certainty=Certainty.PROBABLE,
        weight=Weight.ENDED,
        reference="vllm-project/vllm#17386, vllm: docs/deployment/k8s.md",
        readings=(
            reading(
                r"(Startup|Liveness) probe failed: HTTP probe failed with statuscode: 404",
                "Correct the path of the probe: /health on the port that vLLM listens on (8000 unless --port is set).",
                title="the {3} probe requests a path that the server does not have (404)",
                certainty=Certainty.CERTAIN,
            ),
            reading(
                r"(Startup|Liveness) probe failed: HTTP probe failed with statuscode: (401|403)",
                "Point the probe at /health, which needs no key, and check what is between kubelet and the server.",
                title="the {3} probe was rejected ({4})",
                certainty=Certainty.CERTAIN,
            ),
            reading(
                r"(Startup|Liveness) probe failed: HTTP probe failed with statuscode: (5\d\d)",
                "The server answered that its engine is dead: read the container's log, kubectl logs --previous.",
                title="the {3} probe was answered with {4}: the engine is dead",
            ),
            reading(
                r"Liveness probe failed: .{0,200}(?:deadline exceeded|Timeout|timed out)",
                "Raise timeoutSeconds and failureThreshold of the livenessProbe: a server under load answers late; one"
                " that never answers hangs.",
                title="the Liveness probe got no answer in time, so the container was ended",
            ),
            reading(
                r"Startup probe failed: .{0,200}connection refused",
                "Give the startupProbe a larger failureThreshold: a first start downloads and compiles before it"
                " listens. If it never listens, compare the probe's port with --port.",
                title="the startup probe ended the container before the engine was ready",
            ),
        ),
    ),
)
