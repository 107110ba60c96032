#!/bin/bash
docker pull vllm/vllm-openai:latest
docker stop summer_72b
docker remove summer_72b
docker run -d --restart=always --runtime=nvidia --gpus "device=4,5,6,7" --shm-size=10.24gb \
  -u 1001:1001 --network host --name summer_72b -v /data/models:/models:ro \
  vllm/vllm-openai:latest --model /models/summer-72b --tensor-parallel-size 4 --port 8072 &>> /var/log/summer.log
