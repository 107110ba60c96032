podman run -d --name ocr --device nvidia.com/gpu=all --security-opt=label=disable \
  -v /srv/models:/models:Z,ro -p 127.0.0.1:8000:8000 --ipc=host \
  docker.io/vllm/vllm-openai:v0.11.2 --model /models/ocr-3b
