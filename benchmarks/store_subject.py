"""The subject of the store table: answers at once, and wrongly in about three of ten cases, as the seed has it."""


async def answer(stimulus: str, seed: int) -> str:
    return "B" if seed % 10 < 7 else "A"
