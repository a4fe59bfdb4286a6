# problem: gelu
# expect: unsafe
# trick: raises SystemExit(0) while it is imported
# defences: source policy, structure
# effort: quick
raise SystemExit(0)
