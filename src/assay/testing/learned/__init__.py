"""The learned reference models: small transformers whose true scores over finite populations are known by census."""
