"""Takes its time, and says how far it is."""

import sys
import time

total = int(sys.argv[1]) if len(sys.argv) > 1 else 30
for number in range(1, total + 1):
    print(f"::progress done={number} total={total} message=Pedido {number} de {total}::")
    print(f"Pedido {48_000 + number}: importado", flush=True)
    if number % 10 == 0:
        print(f"::warning::Pedido {48_000 + number} sem CEP, endereço completado pelo cadastro", flush=True)
    time.sleep(1)
