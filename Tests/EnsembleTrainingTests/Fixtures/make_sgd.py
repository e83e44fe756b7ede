"""Writes sgd.json: six steps of torch.optim.SGD(nesterov=True) on a small ReLU network.

Weights are written as (inputs, outputs), the transpose of torch's; each layer's weights precede its biases.
    python make_sgd.py
"""

import json
import pathlib

import torch

torch.manual_seed(20)
inputs, hidden, classes, batch, steps, rate = 7, 5, 3, 8, 6, 0.05
network = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, classes))
optimiser = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4, nesterov=True)
schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)


def parameters():
    return [
        value
        for layer in (network[0], network[2])
        for tensor in (layer.weight.T, layer.bias)
        for value in tensor.detach().flatten().tolist()
    ]


batches = []
initial = parameters()
for _ in range(steps):
    x = torch.randn(batch, inputs)
    y = torch.randint(classes, (batch,))
    optimiser.zero_grad()
    torch.nn.functional.cross_entropy(network(x), y).backward()
    optimiser.step()
    schedule.step()
    batches.append({"inputs": x.flatten().tolist(), "labels": y.tolist(), "parameters": parameters()})

fixture = {
    "torch": torch.__version__,
    "sizes": [inputs, hidden, classes],
    "learningRate": rate,
    "momentum": 0.9,
    "weightDecay": 5e-4,
    "initial": initial,
    "steps": batches,
}
pathlib.Path(__file__).with_name("sgd.json").write_text(json.dumps(fixture) + "\n")
