# /// script
# requires-python = ">=3.11"
# dependencies = ["tabulate==0.9.0"]
# ///
"""Prints a table with a library that it names itself (PEP 723), and keeps it as an artifact."""

import json
import os
from pathlib import Path

from tabulate import tabulate

parameters = json.loads(Path(os.environ["OFICINA_PARAMETERS"]).read_text(encoding="utf-8"))
customers = [
    ("Padaria Aurora", "Campinas", 42),
    ("Mercado Bom Preço", "Santos", 118),
    ("Oficina Central", "Curitiba", 17),
    ("Livraria Central", "Campinas", 63),
]
minimum = int(parameters.get("minimo", 0))
table = tabulate(
    [customer for customer in customers if customer[2] >= minimum],
    headers=["Cliente", "Cidade", "Pedidos"],
    tablefmt="github",
)
print(table)
Path(os.environ["OFICINA_ARTIFACTS"], "clientes.md").write_text(table + "\n", encoding="utf-8")
