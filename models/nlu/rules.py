"""Which words speak for which domain, and how loudly.

A rule is `domain -> subcategory -> weight -> words`. Words are plain (no accents); `deploy*` stands for all
words that begin so, a word without a star also for its plural, and words joined by `_` for that phrase.
Weights: 3 the word alone tells the domain, 2 it usually does, 1 it leans that way. A word may speak for
several domains.
"""

from __future__ import annotations

from models.records import Domain

Rules = dict[Domain, dict[str, dict[int, str]]]

RULES: Rules = {
    Domain.BUSINESS: {
        "reporting": {
            3: "kpi roi faturamento",
            2: "relatori* report reporting dashboard analytics indicador*",
            1: "metrica metric q1 q2 q3 q4 excel planilha spreadsheet",
        },
        "sales": {
            3: "venda vend* sale sales selling receita revenue lucro* profit* turnover ticket_medio average_ticket",
            2: "conversao conversion funil funnel produto product prec* price pricing categoria",
        },
        "customer": {
            3: "cliente customer prospect lead",
            2: "client churn segment* enterprise_customer",
            1: "enterprise",
        },
        "marketing": {3: "marketing campanha campaign", 2: "anuncio launch* lancamento"},
        "finance": {
            3: "financ* orcament* budget expense despesa gasto custo",
            2: "cost invoice fatura pagamento payment",
        },
        "procurement": {
            3: "compra estoque inventory purchas* pedido",
            2: "aprovac* approv* order supplier fornecedor",
            1: "workflow negoc* business",
        },
    },
    Domain.TECHNICAL: {
        "bug": {
            3: "bug",
            2: "erro error exception excecao falha_no crash* stacktrace",
            1: "corrig* fix* issue problem*",
        },
        "performance": {
            2: "performance desempenho latenc* cache caching lentid* slow lento high_performance",
            1: "otimiz* optimiz* throughput memoria memory",
        },
        "development": {
            3: "codigo code coding algoritm* algorithm refator* refactor* microserv*",
            2: "api endpoint rest graphql grpc funcao function metodo method classe class implement* "
            "desenvolv* develop* programa* programm* biblioteca library framework fastapi python java "
            "javascript webhook",
            1: "oauth2 oauth refresh_token integrac* integrat* aplicativo app arquitetura architecture",
        },
        "data": {
            2: "database sql query postgresql postgres mysql schema",
            1: "redis mongodb kafka neo4j banco",
        },
        "testing": {2: "teste test testing debug* qa", 1: "unit automatizado"},
    },
    Domain.INFRASTRUCTURE: {
        "deployment": {
            3: "deploy* release rollout implantac* implantar",
            1: "versao version producao production",
        },
        "containers": {
            3: "kubernetes k8s docker container conteiner helm",
            2: "pod cluster autoscal* auto_scaling",
        },
        "servers": {
            3: "servidor server infraestrut* infrastruct* infra vm",
            2: "node host provision* storage disco disk rede network dns ambiente environment",
            1: "escalar scal* configur*",
        },
        "automation": {3: "terraform ansible devops ci_cd", 2: "pipeline automac* automation"},
        "backup": {3: "backup restore_backup", 2: "replicac* replication"},
    },
    Domain.SECURITY: {
        "authentication": {
            2: "autentic* authentic* login logon logou senha password credenci* credential mfa 2fa totp jwt "
            "saml sso multi_fator multi_factor dois_fatores two_factor biometr*",
            1: "token oauth2",
        },
        "authorization": {2: "autoriz* authoriz* permiss* acesso access iam rbac", 1: "bloque* block*"},
        "encryption": {
            3: "criptograf* encrypt* cripto crypto*",
            2: "ssl tls certificad* certificate",
            1: "sensivel sensitiv*",
        },
        "security": {
            3: "seguranca security vulnerab* firewall invas* intrus* exploit cve ataque attack malware phishing",
            2: "suspeit* suspicious ameaca threat",
        },
    },
    Domain.BEHAVIOR: {
        "usage": {
            3: "comportament* behavio* padrao_de_uso padroes_de_uso usage_pattern user_journey jornada",
            2: "engajament* engagement uso usage adoc* adoption sessao session clique click",
            1: "usuario user user_flow fluxo flow",
        },
        "conversion": {
            3: "abandon* drop_off carrinho cart",
            2: "checkout onboarding retencao_de_usuario user_retention",
        },
    },
    Domain.OPERATIONAL: {
        "service_levels": {3: "slo sla uptime", 2: "disponibil* availab* threshold"},
        "incidents": {
            3: "incident* mttr pagerduty oncall plantao runbook postmortem",
            2: "indisponib* outage chamado tempo_de_resolucao resolution_time",
            1: "critico critical severidade severity",
        },
        "monitoring": {2: "monitor* alert* observab*", 1: "notific* log logs equipe team"},
    },
    Domain.COMPLIANCE: {
        "regulation": {
            3: "gdpr lgpd hipaa sox pci compliance conformidade regulat* regulament*",
            2: "norma lei",
        },
        "audit": {3: "auditoria audit", 2: "auditar auditor trilha_de_auditoria", 1: "conforme"},
        "retention": {2: "retencao retention politica policy consentiment* consent privacidade privacy"},
    },
}
