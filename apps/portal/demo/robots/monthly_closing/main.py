"""Reads the month's sales from a CSV file and leaves a report, as CSV and as a page."""

import argparse
import csv
import html
import os
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

arguments = argparse.ArgumentParser()
arguments.add_argument("--periodo", default="2026-02")
arguments.add_argument("--inativos", choices=["true", "false"], default="false")
options = arguments.parse_args()
artifacts = Path(os.environ["OFICINA_ARTIFACTS"])

print("::group::Leitura de vendas.csv::", flush=True)
with Path("vendas.csv").open(encoding="utf-8", newline="") as file:
    rows = [row for row in csv.DictReader(file) if row["data"].startswith(options.periodo)]
for number, row in enumerate(rows, 1):
    print(f"{row['data']}  {row['filial']:<12} {row['vendedor']:<8} R$ {Decimal(row['valor']):>10}", flush=True)
    print(f"::progress done={number} total={len(rows)} message={row['filial']}::", flush=True)
print("::endgroup::", flush=True)

if not rows:
    print(f"::error::Nenhuma venda em {options.periodo}.")
    sys.exit(3)

totals: dict[str, Decimal] = defaultdict(Decimal)
for row in rows:
    if row["ativo"] == "sim" or options.inativos == "true":
        totals[row["filial"]] += Decimal(row["valor"])
    else:
        print(f"::warning::Vendedor inativo ignorado: {row['vendedor']}")

with (artifacts / "fechamento.csv").open("w", encoding="utf-8", newline="") as file:
    report = csv.writer(file)
    report.writerow(["filial", "total"])
    report.writerows(sorted(totals.items()))

lines = "".join(f"<tr><td>{html.escape(branch)}<td>{total}" for branch, total in sorted(totals.items()))
(artifacts / "fechamento.html").write_text(
    f"<!doctype html><meta charset=utf-8><title>Fechamento {options.periodo}</title>"
    f"<h1>Fechamento {options.periodo}</h1><table><tr><th>Filial<th>Total (R$){lines}</table>\n",
    encoding="utf-8",
)
print(f"Total do mês: R$ {sum(totals.values())}, {len(rows)} vendas, domínio {os.environ.get('SERVICE_DOMAIN', '-')}")
