#!/bin/sh
exec vllm serve acme/desk-3b --port "${ENGINE_PORT:-11434}"
