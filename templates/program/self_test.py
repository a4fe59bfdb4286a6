if __name__ == "__main__":
    import importlib.util
    import sys

    def load(path):
        spec = importlib.util.spec_from_file_location("problem", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def build(model, arguments):
        torch.manual_seed(42)
        made = model(**arguments) if isinstance(arguments, dict) else model(*arguments)
        return made.to(device).train({{train}})

    def move(value):
        if isinstance(value, dict):
            return {key: move(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(move(item) for item in value)
        return value.to(device) if isinstance(value, torch.Tensor) else value

    def run(model):
        torch.manual_seed(7)
        inputs = move(list(problem.get_inputs()))
        torch.manual_seed(11)
        with torch.no_grad():
            return model(*inputs)

    def compare(name, actual, expected):
        if isinstance(expected, torch.Tensor):
            if (actual.shape, actual.dtype, actual.stride()) != (expected.shape, expected.dtype, expected.stride()):
                sys.exit(f"FAIL: {name} has another shape, dtype or layout")
            tolerance = {torch.float64: 1e-9, torch.float32: 1e-3}.get(expected.dtype, 2e-2)
            if expected.dtype.is_floating_point:
                scale = expected.double().abs().mean().nan_to_num(1.0, 1.0).clamp(min=1e-3).item()
                close = torch.allclose(
                    actual.double(), expected.double(), rtol=tolerance, atol=tolerance * scale, equal_nan=True
                )
            else:
                close = torch.equal(actual, expected)
            if not close:
                sys.exit(f"FAIL: {name} differs")
        elif isinstance(expected, dict):
            for key in expected:
                compare(f"{name}[{key!r}]", actual[key], expected[key])
        elif isinstance(expected, (list, tuple)):
            for index, item in enumerate(expected):
                compare(f"{name}[{index}]", actual[index], item)
        elif actual != expected:
            sys.exit(f"FAIL: {name} is {actual!r}, expected {expected!r}")

    problem = load(sys.argv[1] if len(sys.argv) > 1 else {{path}})
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(42)
    arguments = getattr(problem, "get_init_inputs", list)()
    reference = build(problem.Model, arguments)
    program = build(ModelNew, arguments)
    program.load_state_dict(reference.state_dict())
    compare("output", run(program), run(reference))
    for (name, actual), expected in zip(program.state_dict().items(), reference.state_dict().values()):
        compare(name, actual, expected)
    print("PASS")
