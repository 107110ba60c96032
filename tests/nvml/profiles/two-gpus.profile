# A small card for the screen beside the one that computes; a number in front is the card's.
gpus=2
driver=570.195.03
cuda=12080
0.name=NVIDIA GeForce GT 1030
0.uuid=GPU-1030a1b2-0000-4000-8000-000000000000
0.capability=6.1
0.total_mib=2048
0.used_mib=1900
0.processes=812:-
1.name=NVIDIA GeForce RTX 3060
1.uuid=GPU-3060a1b2-0000-4000-8000-000000000000
1.capability=8.6
1.total_mib=12288
1.reserved_mib=262
1.used_mib=10820
