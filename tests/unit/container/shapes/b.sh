#!/bin/bash
# Serves the summaries of the archive.
MODEL="acme/archive-7b"
docker run --runtime nvidia --gpus all \
    -v "$HOME/models:/root/.cache/huggingface" \
    --env "HUGGING_FACE_HUB_TOKEN=$ARCHIVE_TOKEN" \
    -p 8001:8000 --ipc=host \
    vllm/vllm-openai:latest --model "$MODEL" --max-model-len 4096
