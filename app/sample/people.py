"""Names of the sample company's people, customers and services; all invented."""

from __future__ import annotations

FIRST_NAMES = (
    "Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Gabriela", "Henrique", "Inês", "João",
    "Larissa", "Marcos", "Natália", "Otávio", "Patrícia", "Rafael", "Sílvia", "Tiago", "Úrsula",
    "Vítor", "Alice", "Benjamin", "Chloe", "Daniel", "Emily", "Frank", "Grace", "Harold", "Isabel",
    "Jack", "Karen", "Liam", "Megan", "Noah", "Olivia", "Peter", "Rachel", "Samuel", "Tessa",
    "William",
)  # fmt: skip
LAST_NAMES = (
    "Almeida", "Barbosa", "Cardoso", "Dias", "Esteves", "Fonseca", "Gonçalves", "Lacerda",
    "Magalhães", "Nóbrega", "Pacheco", "Queiroz", "Ramalho", "Saldanha", "Tavares", "Vasconcelos",
    "Archer", "Bennett", "Carver", "Dawson", "Ellery", "Fletcher", "Garner", "Hollis", "Kendrick",
    "Langley", "Mercer", "Norwood", "Prescott", "Whitfield",
)  # fmt: skip
COMPANY_WORDS = (
    "Aurora", "Bela Vista", "Cedro", "Delta", "Estrela", "Farol", "Girassol", "Horizonte", "Ipê",
    "Jacarandá", "Lagoa", "Maré", "Nimbus", "Orquídea", "Pampa", "Quartz", "Ribeira", "Serra Azul",
    "Tropical", "Vento Norte", "Blue Harbor", "Copperfield", "Driftwood", "Evergreen", "Fairlane",
    "Granite", "Hillcrest", "Ironbridge",
)  # fmt: skip
COMPANY_KINDS = (
    "Comércio", "Logística", "Alimentos", "Têxtil", "Energia", "Saúde", "Foods", "Logistics",
    "Retail", "Labs",
)  # fmt: skip
CITIES = {
    "Norte": ("Manaus", "Belém", "Palmas"),
    "Nordeste": ("Recife", "Salvador", "Fortaleza", "São Luís"),
    "Centro-Oeste": ("Brasília", "Goiânia", "Cuiabá"),
    "Sudeste": ("São Paulo", "Rio de Janeiro", "Belo Horizonte", "Vitória"),
    "Sul": ("Curitiba", "Porto Alegre", "Florianópolis"),
}
PRODUCTS = {  # product: (category, price in BRL)
    "Painel Pro": ("Software", 890.0),
    "Painel Lite": ("Software", 290.0),
    "Ledger Cloud": ("Software", 1450.0),
    "Rota Fácil": ("Software", 640.0),
    "Terminal T2": ("Hardware", 2350.0),
    "Scanner S1": ("Hardware", 780.0),
    "Gateway G5": ("Hardware", 3900.0),
    "Sensor Kit": ("Hardware", 420.0),
    "Implantação Assistida": ("Serviços", 5200.0),
    "Suporte Premium": ("Serviços", 1100.0),
    "Curso Essencial": ("Treinamento", 350.0),
    "Masterclass Dados": ("Treinamento", 990.0),
}
TEAMS = ("plataforma", "pagamentos", "clientes", "dados", "segurança")
SERVICES = {  # service: (team, services it depends on)
    "api-gateway": ("plataforma", ("auth", "rate-limiter", "config")),
    "auth": ("segurança", ("user-store", "session-cache", "audit-log")),
    "rate-limiter": ("plataforma", ("session-cache",)),
    "config": ("plataforma", ("object-store",)),
    "user-store": ("clientes", ("object-store",)),
    "session-cache": ("plataforma", ()),
    "object-store": ("plataforma", ()),
    "audit-log": ("segurança", ("event-bus",)),
    "event-bus": ("plataforma", ()),
    "checkout": ("pagamentos", ("cart", "payments", "pricing", "inventory", "api-gateway")),
    "cart": ("pagamentos", ("session-cache", "catalog")),
    "payments": ("pagamentos", ("fraud-check", "ledger", "event-bus")),
    "pricing": ("pagamentos", ("catalog", "config")),
    "fraud-check": ("segurança", ("feature-store", "user-store")),
    "ledger": ("pagamentos", ("object-store", "audit-log")),
    "catalog": ("clientes", ("search", "object-store")),
    "inventory": ("clientes", ("event-bus", "object-store")),
    "search": ("dados", ("event-bus",)),
    "recommendations": ("dados", ("feature-store", "catalog")),
    "feature-store": ("dados", ("object-store", "event-bus")),
    "reports": ("dados", ("warehouse", "auth")),
    "warehouse": ("dados", ("event-bus", "object-store")),
    "notifications": ("clientes", ("event-bus", "user-store")),
    "shipping": ("clientes", ("inventory", "notifications")),
    "customer-portal": ("clientes", ("api-gateway", "checkout", "reports", "recommendations")),
}
