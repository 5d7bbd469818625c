"""What the demo offers, as data; the programs themselves lie in ``robots/``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "robots"
DOMAINS = (
    ("Financeiro", "financeiro", "Fechamentos, conciliações e relatórios."),
    ("Departamento pessoal", "dp-rh", "Folha e cadastros."),
    ("Tecnologia", "ti", "Rotinas e verificações."),
)
PERIOD = {
    "key": "periodo",
    "label": "Período",
    "type": "text",
    "required": True,
    "default": "2026-02",
    "helpText": "AAAA-MM",
    "placeholder": "2026-02",
    "validation": {"regex": r"^\d{4}-\d{2}$"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One robot, the service made of it, and the parameters of its first run."""

    folder: str
    robot: str
    description: str
    tags: Sequence[str]
    entrypoint: str = "main.py"
    entrypoint_type: str = "PYTHON"
    domain: str
    title: str
    fields: Sequence[Mapping[str, Any]] = ()
    template: Mapping[str, Any] = field(default_factory=dict)
    first_parameters: Mapping[str, Any] = field(default_factory=dict)
    expected_minutes: int = 1


OFFERS = (
    Offer(
        folder="monthly_closing",
        robot="Fechamento mensal",
        description="Lê as vendas de um CSV e deixa o relatório do mês.",
        tags=("financeiro", "relatorio"),
        domain="financeiro",
        title="Fechar o mês",
        fields=(PERIOD, {"key": "incluir_inativos", "label": "Incluir inativos", "type": "checkbox"}),
        template={
            "defaults": {"incluir_inativos": False},
            "mapping": {
                "runtime_arguments": ["--periodo={periodo}", "--inativos={incluir_inativos}"],
                "runtime_env": {"SERVICE_DOMAIN": "financeiro"},
            },
        },
        first_parameters={"periodo": "2026-02"},
    ),
    Offer(
        folder="reconciliation",
        robot="Conciliação bancária",
        description="Compara o extrato com o razão; termina em falha quando há diferença.",
        tags=("financeiro",),
        domain="financeiro",
        title="Conciliar banco",
    ),
    Offer(
        folder="import_orders",
        robot="Importação de pedidos",
        description="Demora um pouco e mostra o progresso.",
        tags=("pedidos", "demorado"),
        domain="ti",
        title="Importar pedidos",
        fields=(
            {
                "key": "quantidade",
                "label": "Quantidade",
                "type": "integer",
                "required": True,
                "default": 30,
                "validation": {"min": 1, "max": 600},
            },
        ),
        template={"mapping": {"runtime_arguments": ["{quantidade}"]}},
        first_parameters={"quantidade": 30},
    ),
    Offer(
        folder="customer_table",
        robot="Tabela de clientes",
        description="Traz a própria biblioteca (PEP 723), instalada uma vez por versão.",
        tags=("clientes", "pep723"),
        domain="dp-rh",
        title="Listar clientes",
        fields=(
            {"key": "minimo", "label": "Pedidos, no mínimo", "type": "integer", "default": 0, "validation": {"min": 0}},
        ),
        first_parameters={"minimo": 20},
    ),
    Offer(
        folder="smoke_test",
        robot="Verificação diária",
        description="Uma suíte do Robot Framework, executada como está.",
        tags=("ti", "robot-framework"),
        entrypoint="smoke.robot",
        entrypoint_type="ROBOT",
        domain="ti",
        title="Verificar filiais",
    ),
)
SCHEDULE = {"name": "Dias úteis às 8h", "cron": "0 8 * * 1-5", "timezone": "America/Sao_Paulo"}
SCHEDULED_ROBOT = "Verificação diária"
