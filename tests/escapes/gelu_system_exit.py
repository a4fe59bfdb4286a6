# problem: gelu
# expect: unsafe
# trick: raises SystemExit(0) while it is imported
raise SystemExit(0)
