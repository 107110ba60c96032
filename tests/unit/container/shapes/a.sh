docker run --rm --gpus all \
  -v ~/.cache/huggingface:/root/.cache/huggingface \
  -v graphs:/root/.cache/vllm \
  -p 8000:8000 \
  vllm/vllm-openai:latest \
  acme/tiny-chat
