"""Random weights in the form that llama.cpp reads, so that a real engine can be measured without any hub.

python benchmarks/engine/weights.py FILE [--layers N] [--width N]        (needs numpy and gguf)

The vocabulary has single characters; only printable ones are ever written, so that an answer is exactly as long as
``max_tokens`` asks: one token, one character, one event.
"""

import argparse
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType

CONTROL = 3
BYTES = 256
KINDS = {"f16": GGMLQuantizationType.F16, "q8_0": GGMLQuantizationType.Q8_0, "q4_0": GGMLQuantizationType.Q4_0}
FILE_TYPES = {"f16": 1, "q8_0": 7, "q4_0": 2}
"""Numbers of the format for the type of most weights."""

TEMPLATE = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}assistant: "
SHARPNESS = 8.0
"""Scale of the logits: some characters are likelier than others."""


def main() -> None:
    """Write a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--context", type=int, default=8192)
    parser.add_argument("--kind", choices=list(KINDS), default="q8_0")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    writer = GGUFWriter(str(args.file), "llama")
    size = vocabulary(writer)
    heads(writer, args, size)
    count = weights(writer, args, size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{args.file}: {count / 1e6:.1f} M parameters, {args.kind}")


def vocabulary(writer: GGUFWriter) -> int:
    """Control tokens, bytes, printable characters; their number."""
    texts = [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(BYTES))]
    kinds = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL, *[TokenType.BYTE] * BYTES]
    scores = [0.0] * len(texts)
    for place, character in enumerate(["\u2581", *map(chr, range(33, 127))]):
        texts.append(character.encode())
        kinds.append(TokenType.NORMAL)
        scores.append(-float(place + 1))
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(texts)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    return len(texts)


def heads(writer: GGUFWriter, args: argparse.Namespace, size: int) -> None:
    """What the engine must know of the shape."""
    writer.add_name("random weights")
    writer.add_vocab_size(size)
    writer.add_context_length(args.context)
    writer.add_embedding_length(args.width)
    writer.add_block_count(args.layers)
    writer.add_feed_forward_length(hidden(args.width))
    writer.add_head_count(args.heads)
    writer.add_head_count_kv(args.heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(args.width // args.heads)
    writer.add_rope_freq_base(10_000.0)
    writer.add_file_type(FILE_TYPES[args.kind])


def hidden(width: int) -> int:
    """Width of the hidden layer, a whole number of quantised blocks."""
    return 32 * round(8 * width / 3 / 32)


def weights(writer: GGUFWriter, args: argparse.Namespace, size: int) -> int:
    """Random matrices; their number of weights."""
    rng, count = np.random.default_rng(args.seed), 0

    def add(name: str, array: np.ndarray, *, whole: bool = False) -> None:
        nonlocal count
        count += array.size
        array = array.astype(np.float32)
        if whole:
            writer.add_tensor(name, array)
        else:
            made = gguf.quants.quantize(array, KINDS[args.kind])
            writer.add_tensor(name, made, raw_dtype=KINDS[args.kind])

    def drawn(rows: int, columns: int) -> np.ndarray:
        return rng.standard_normal((rows, columns)) * columns**-0.5

    width, wide, plain = args.width, hidden(args.width), CONTROL + BYTES
    add("token_embd.weight", rng.standard_normal((size, width)))
    add("output_norm.weight", np.ones(width), whole=True)
    head = np.zeros((size, width))  # control tokens and bytes are never likely
    head[plain:] = drawn(size - plain, width) * SHARPNESS
    add("output.weight", head)
    for layer in range(args.layers):
        name = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            add(f"{name}{norm}.weight", np.ones(width), whole=True)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"{name}{part}.weight", drawn(width, width))
        for part in ("ffn_gate", "ffn_up"):
            add(f"{name}{part}.weight", drawn(wide, width))
        add(f"{name}ffn_down.weight", drawn(width, wide))
    return count


if __name__ == "__main__":
    main()
