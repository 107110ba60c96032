"""GPUs as ``nvidia-smi`` and NVML tell of them, and the operator's own ``gpu-mode`` command."""
