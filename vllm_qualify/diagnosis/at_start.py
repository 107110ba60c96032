"""Symptoms of the command line and of a model that does not go with it. Sources: vLLM's source and issues."""

from __future__ import annotations

from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis.symptom import Weight, reading, symptom

SYMPTOMS = (
    symptom(
        "E18",
        r"error: unrecognized arguments: (.+)",
        "this release does not have the argument: {0}",
        "Remove or rename it; the ARGS row shows its replacement.",
        reference="vllm-project/vllm#37133, vllm-project/vllm#18538, ai-dynamo/dynamo#8693",
    ),
    symptom(
        "E19",
        r"error: argument (\S+): invalid choice: '?([^(]{1,100}?)'? \(choose"
        r"|invalid reasoning parser: (\S+)|invalid tool call parser: (\S+)|easoning parser '([^']{1,100})' not found"
        r"|Tool parser '([^']{1,100})' not found",
        "{0}: this release does not have the value {1}{2}{3}{4}{5}",
        "Choose one of the values that the message lists.",
        reference="vllm-project/vllm-ascend#14573, vllm: engine/arg_utils.py, entrypoints/openai/api_server.py",
        readings=(
            reading(
                r"(?:easoning|ool(?: call)?) parser:? '?(\w{1,60}-[\w-]{1,60})",
                "Choose one that the message or `vllm serve --help=all` lists for --reasoning-parser or"
                " --tool-call-parser; most names are written with `_`, not `-`.",
                title="this release has no such parser: {6}",
            ),
            reading(
                r"easoning parser:? '?([\w.-]{1,100})",
                "Choose one that the message or `vllm serve --help=all` lists, or load the plugin that adds it"
                " (--reasoning-parser-plugin).",
                title="--reasoning-parser: this release has no such parser: {6}",
            ),
            reading(
                r"ool(?: call)? parser:? '?([\w.-]{1,100})",
                "Choose one that the message or `vllm serve --help=all` lists, or load the plugin that adds it"
                " (--tool-parser-plugin).",
                title="--tool-call-parser: this release has no such parser: {6}",
            ),
        ),
    ),
    symptom(
        "E76",
        r"error: argument (--?[\w/-]+): (.{1,200})",
        "this release rejects the value of {0}: {1}",
        "Set the value as the message says; quote JSON so that it survives the manifest.",
        reference="vllm: engine/arg_utils.py",
    ),
    symptom(
        "E20",
        r"With .vllm serve., you should provide the model as a|the following arguments are required: model_tag",
        "the model must be the positional argument of `vllm serve`",
        "Put the model after `serve`, without --model.",
        reference="vllm-project/vllm#17944, vllm-project/vllm#13150",
    ),
    symptom(
        "E21",
        r"VLLM_USE_V1=1 is not supported with (.{1,100})|is not supported by the V1 Engine\. Falling back to V0"
        r"|assert envs\.VLLM_USE_V1|but envs\.VLLM_USE_V1=False|requires VLLM_USE_V1",
        "the V1 engine of this release does not support a requested option: {0}",
        "Leave VLLM_USE_V1 unset, or drop the option that the message names.",
        reference="vllm: engine/arg_utils.py (0.8), entrypoints/openai/api_server.py (0.11)",
        readings=(
            reading(
                r"assert envs\.VLLM_USE_V1|envs\.VLLM_USE_V1=False|requires VLLM_USE_V1",
                "Unset VLLM_USE_V1 (or set it to 1), and drop any script or option that turns V1 off.",
                title="VLLM_USE_V1=0 selects the V0 engine, but only V1 is available",
            ),
        ),
    ),
    symptom(
        "E22",
        r"Quantization method specified in the model config \((\S+)\) does not match",
        "--quantization contradicts the model, which is {0}",
        "Leave --quantization out, or set it to {0}.",
        reference="vllm-project/vllm#5842, vllm: config/model.py",
    ),
    symptom(
        "E23",
        r"Unknown quantization method|Invalid quantization method",
        "this release does not have the quantization method",
        "Choose one of the methods that the message lists.",
        reference="vllm: model_executor/layers/quantization/__init__.py",
    ),
    symptom(
        "E77",
        r"Cannot find the config file for (\w+)",
        "--quantization {0} is set, but the model is not quantized that way",
        "Leave --quantization out, or use a model quantized with {0}.",
        reference="vllm-project/vllm#1419, vllm-project/vllm#4301",
    ),
    symptom(
        "E25",
        r"is deprecated and will be removed in future versions of vLLM\. To bypass",
        "the quantization method is deprecated and refused",
        "Add --allow-deprecated-quantization, or move to another method.",
        reference="vllm: config/model.py (0.16)",
    ),
    symptom(
        "E26",
        r"is not supported for quantization method .{1,80} Supported dtypes",
        "the quantization method does not work in this dtype",
        "Add --dtype float16.",
        reference="vllm-project/vllm#1823, vllm: config/vllm.py",
    ),
    symptom(
        "E78",
        r"The model type '?([\w.-]+)'? does not support float16",
        "models of type {0} do not work in float16",
        "Set --dtype bfloat16 on a GPU that supports it.",
        reference="vllm-project/vllm#28857",
    ),
    symptom(
        "E79",
        r"size is not aligned with the quantized weight shape|is not divisible by .{0,40}(?:min_thread|weight quant)",
        "the quantized weights cannot be split over this many GPUs",
        "Lower --tensor-parallel-size, or use another quantization of the model.",
        certainty=Certainty.PROBABLE,
        reference="vllm: model_executor/layers/quantization",
    ),
    symptom(
        "E32",
        r"User-specified max_model_len .{0,100}is greater than the derived",
        "--max-model-len is longer than the model allows",
        "Lower --max-model-len to the limit in the message.",
        reference="vllm-project/vllm#3676, vllm: config/model.py",
    ),
    symptom(
        "E80",
        r"max_num_batched_tokens \((\d+)\) is smaller than max_model_len|max_num_batched_tokens \((\d+)\) must be",
        "--max-num-batched-tokens ({0}{1}) is too small",
        "Raise it to at least --max-model-len, or leave it out.",
        reference="vllm: config/scheduler.py",
    ),
    symptom(
        "E35",
        r"Model architectures (\[[^\]]{0,200}\]) are not supported",
        "this release cannot serve the architecture {0}",
        "Use a newer image; Qwen3 needs v0.8.5 or newer.",
        reference="vllm-project/vllm#22231, vllm: model_executor/models/registry.py",
    ),
    symptom(
        "E36",
        r"failed to be inspected\. Please check the logs|Error in inspecting model architecture",
        "importing the model's code failed",
        "Read the lines above this one; if there are none, the log was cut: get all of it.",
        certainty=Certainty.POSSIBLE,
        weight=Weight.WRAPPER,
        reference="vllm-project/vllm#9713, vllm: model_executor/models/registry.py",
    ),
    symptom(
        "E81",
        r"requires you to execute the \w+ file|contains custom code which must be executed"
        r"|set the option `trust_remote_code=True`",
        "the model ships its own code, which was not allowed to run",
        "Add --trust-remote-code if you trust the model's authors.",
        reference="vllm: transformers_utils/config.py",
    ),
    symptom(
        "E44",
        r"As of transformers v4\.44, default chat template is no longer",
        "the tokenizer has no chat template",
        "Set --chat-template, or the right --tokenizer.",
        reference="vllm-project/vllm#7978, vllm: entrypoints/chat_utils.py",
    ),
)
