"""What training code is seen to need before it runs."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from trainstore.execution.worker.code_reading.needs import Needs, read_needs

STARTERS = sorted((Path(__file__).parents[3] / "trainstore/generation/starters").glob("[!_]*.py"))


@pytest.fixture
def needs_of(tmp_path: Path) -> "type":
    def read(code: str) -> Needs:
        file = tmp_path / "code.py"
        file.write_text(dedent(code), encoding="utf-8")
        return read_needs(file)

    return read


def in_function(body: str) -> str:
    lines = dedent(body).strip().replace("\n", "\n    ")
    return f"import torch\ndef train_model(X_train, y_train, X_val, y_val, device, **options):\n    {lines}\n"


@pytest.mark.parametrize(
    "body",
    [
        'device = torch.device("cuda" if torch.cuda.is_available() else "cpu")\nmodel.to(device)',
        "if torch.cuda.is_available():\n    model.cuda()\n    torch.cuda.synchronize()",
        'use_amp = device.type == "cuda"\nscaler = torch.amp.GradScaler("cuda", enabled=use_amp)\nif use_amp:\n    x.cuda()',
        'with torch.autocast("cuda", enabled=False):\n    pass',
        'if device.type == "cuda" and not torch.cuda.is_available():\n    raise RuntimeError',
        'if device.type not in ("cuda", "cpu"):\n    raise ValueError(device)',
        'if str(device).startswith("cuda"):\n    torch.cuda.set_device(device)',
        "torch.cuda.manual_seed_all(0)\ntorch.cuda.empty_cache()\ntorch.cuda.max_memory_allocated()",
        'gpu = torch.cuda.device_count() > 0\nx = x.cuda() if gpu else x\ny = y.to("cuda" if gpu else "cpu")',
        "torch.cuda.is_available() and torch.cuda.synchronize()",
        'print("cuda")\nnames = {"cuda": 1}\nnames["cuda"], names.get("cuda")',
        "DataLoader(data, pin_memory=True)",
        'if options.get("gpu"):\n    pass\nelse:\n    raise ValueError',
    ],
)
def test_code_that_can_do_without_cuda_demands_none(needs_of, body: str) -> None:
    assert needs_of(in_function(body)).cuda == ()


@pytest.mark.parametrize(
    ("body", "demand"),
    [
        ("if not torch.cuda.is_available():\n    raise RuntimeError", "raises without CUDA"),
        ('if device.type != "cuda":\n    raise RuntimeError', "raises without CUDA"),
        ('if device.type == "cpu":\n    raise RuntimeError', "raises without CUDA"),
        ("if torch.cuda.device_count() == 0:\n    import sys\n    sys.exit(1)", "raises without CUDA"),
        ('if device.type == "cuda":\n    pass\nelse:\n    raise RuntimeError', "raises without CUDA"),
        ("gpu = torch.cuda.is_available()\nif not gpu:\n    return None, {}", "raises without CUDA"),
        ("assert torch.cuda.is_available()", "asserts CUDA"),
        ('assert str(device).startswith("cuda"), "GPU"', "asserts CUDA"),
        ("model.cuda()", ".cuda()"),
        ('model.to("cuda")', '"cuda"'),
        ('x = torch.zeros(3, device="cuda:1")', '"cuda:1"'),
        ('device = torch.device("cuda")', '"cuda"'),
        ('device = options.get("device", "cuda")', '"cuda"'),
        ("model.to(0)", "device 0"),
        ("torch.cuda.synchronize()", "torch.cuda.synchronize"),
        (
            "from torch.cuda import synchronize as wait\nwait.__call__()\ntorch.cuda.Stream()",
            "torch.cuda.Stream",
        ),
        ('torch.set_default_tensor_type("torch.cuda.FloatTensor")', '"torch.cuda.FloatTensor"'),
    ],
)
def test_what_would_fail_without_cuda_is_a_demand(needs_of, body: str, demand: str) -> None:
    assert demand in needs_of(in_function(body)).cuda


def test_only_functions_that_are_reached_count(needs_of) -> None:
    code = "import torch\ndef on_gpu(m):\n    m.cuda()\n" + in_function(
        "if device.type == 'cuda':\n    on_gpu(1)"
    )
    assert needs_of(code).cuda == ()
    assert needs_of(code + "    on_gpu(2)\n").cuda == (".cuda()",)


@pytest.mark.parametrize("file", STARTERS, ids=lambda file: file.stem)
def test_the_starters_need_nothing(file: Path) -> None:
    needs = read_needs(file)
    assert needs == Needs(modules=needs.modules)
    assert set(needs.modules) <= {"numpy", "torch"}


def test_modules_are_found_wherever_they_are_imported(needs_of: Callable[[str], Needs]) -> None:
    code = in_function(
        """
        import sklearn.metrics as metrics, json
        from scipy import stats
        from . import beside
        try:
            from einops.layers import torch as layers
        except ImportError:
            pass
        """
    )
    assert needs_of(code).modules == ("einops", "scipy", "sklearn", "torch")


@pytest.mark.parametrize(
    ("code", "line", "what"),
    [
        ("import torch\n\nimport triton\n", 3, "builds a Triton kernel"),
        ("from cupy import array\n", 1, "computes with CuPy"),
        ("from numba import cuda\n", 1, "builds a CUDA kernel"),
        ("from torch.utils.cpp_extension import load_inline\nx = load_inline(name='k', cuda_sources=[''])\n", 2,
         "builds a CUDA kernel"),
        ("import torch.utils.cpp_extension as ext\nx = ext.load('k', ['a.cpp', 'k.cu'])\n", 2, "builds a CUDA kernel"),
        ("import torch\ndef f():\n    g = torch.cuda.CUDAGraph()\n", 3, "records a CUDA graph"),
    ],
)  # fmt: skip
def test_code_for_gpus_alone_is_named_with_its_line(needs_of, code: str, line: int, what: str) -> None:
    assert needs_of(code).gpu_only == (line, what)


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import triton\nexcept ImportError:\n    triton = None\n",
        "import torch\nif torch.cuda.is_available():\n    import triton\n",
        "from torch.utils.cpp_extension import load_inline\nload_inline(name='k', cpp_sources=[''])\n",
        "import numba\n",
    ],
)
def test_code_that_can_do_without_its_kernels_runs_anywhere(needs_of, code: str) -> None:
    assert needs_of(code).gpu_only is None


def test_forgotten_imports_are_found_and_nothing_else(needs_of) -> None:
    code = """
        import torch
        from math import sqrt
        class Net(nn.Module):
            def forward(self, x: Optional[Tensor]) -> List[int]:
                F = 3
                return undefined, F, len(x)
        def train_model(X, np=None):
            def inner():
                global copy
                copy = 1
            return np.zeros(3), optim.SGD, copy, [time for time in X], sqrt, json.dumps({})
    """
    assert needs_of(code).missing_imports == ("List", "Optional", "Tensor", "json", "nn", "optim")


def test_a_star_import_may_bind_anything(needs_of) -> None:
    assert needs_of("from torch.nn import *\nx = np.zeros(3)\n").missing_imports == ()


@pytest.mark.parametrize("code", ["def f(:\n", "\0", "x = " + "(" * 1000, "-" * 100_000 + "1"])
def test_what_is_no_python_needs_nothing(needs_of, code: str) -> None:
    assert needs_of(code) == Needs()


def test_names_that_stand_for_each_other_come_to_an_end(needs_of) -> None:
    chain = "\n".join(f"a{n} = a{n + 1} if a{n + 1} else a{n + 1}" for n in range(200))
    assert needs_of(f"{chain}\na200 = a0\nif a0:\n    raise ValueError\n").cuda == ()
