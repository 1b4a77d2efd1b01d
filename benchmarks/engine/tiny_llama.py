"""A small Llama with random weights in the form that transformers reads, so that it can be served without any hub.

python benchmarks/engine/tiny_llama.py FOLDER [--layers N] [--width N]        (needs torch, transformers, tokenizers)

The vocabulary is the printable characters of ASCII and the line end; nothing ends an answer, so that it is exactly as
long as ``max_tokens`` asks: one token, one character.
"""

import argparse
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

TEMPLATE = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}assistant: "
SPECIAL = ("<unk>", "<pad>")
SHARPNESS = 8.0
"""Scale of the logits: some characters are likelier than others."""


def main() -> None:
    """Write a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--context", type=int, default=8192)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tokens = tokenizer(args.context)
    torch.manual_seed(args.seed)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokens), hidden_size=args.width, intermediate_size=4 * args.width,
        num_hidden_layers=args.layers, num_attention_heads=4, num_key_value_heads=4,
        max_position_embeddings=args.context, bos_token_id=None, eos_token_id=None, pad_token_id=SPECIAL.index("<pad>"),
    ))  # fmt: skip
    with torch.no_grad():
        model.lm_head.weight.normal_(0, SHARPNESS * args.width**-0.5)
        model.lm_head.weight[: len(SPECIAL)] = 0
    model.generation_config = GenerationConfig(do_sample=True, pad_token_id=SPECIAL.index("<pad>"))
    model.save_pretrained(args.folder)
    tokens.save_pretrained(args.folder)
    print(f"{args.folder}: {sum(one.numel() for one in model.parameters()) / 1e6:.2f} M parameters")


def tokenizer(context: int) -> PreTrainedTokenizerFast:
    """One token for each character; a character that is none of them is unknown."""
    characters = ["\n", *map(chr, range(32, 127))]
    words = {word: place for place, word in enumerate([*SPECIAL, *characters])}
    made = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    made.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", pad_token="<pad>", chat_template=TEMPLATE, model_max_length=context,
        clean_up_tokenization_spaces=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
