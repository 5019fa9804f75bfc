"""What stands before a question: one placeholder per image, numbered as questions name them."""

IMAGE = "<image>"


def prompt(images: int, question: str) -> str:
    """Return the question after one ``<image>`` per image, numbered if there are several."""
    if images == 1:
        return f"{IMAGE}\n{question}"
    return "".join(f"Image-{k}: {IMAGE}\n" for k in range(1, images + 1)) + question
