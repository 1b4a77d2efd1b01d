"""What happens, one file a stage: plan, observe, read, estimate, decide, compose."""
