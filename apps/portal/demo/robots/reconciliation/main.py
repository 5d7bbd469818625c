"""Finds a difference, says so, and fails: what a failed run looks like."""

import sys

bank, ledger = 182_340_55, 182_290_55
print("Extrato lido: 214 lançamentos")
print("Razão lido: 213 lançamentos")
print("::warning::Lançamento 7731 só existe no extrato")
print(f"::error::Diferença de R$ {(bank - ledger) / 100:.2f} na conta 1.1.02", flush=True)
sys.exit(2)
