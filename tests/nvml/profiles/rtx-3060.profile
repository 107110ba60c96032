# One RTX 3060 of the operator's node, while vLLM v0.8.5.post1 serves (docs/development/lab.md names the node).
gpus=1
name=NVIDIA GeForce RTX 3060
uuid=GPU-3060a1b2-0000-4000-8000-000000000000
driver=570.195.03
cuda=12080
capability=8.6
total_mib=12288
reserved_mib=262
used_mib=10820
clock_mhz=1837
held=4
busy=97
# pid:MiB, "-" where the driver does not tell.
processes=4711:10540
