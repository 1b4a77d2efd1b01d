"""What things are: frozen records, protocols, canonical bytes, the error tree. Imports nothing of ours."""
