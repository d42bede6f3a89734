"""The 52 texts of the original whose domain is documented there; the first 28 have a firm label.

VALIDATION stands for "too unsure for any domain". Some labels contradict each other (OAuth2 is TECHNICAL in the first
and SECURITY in others), so that agreement with all of them is agreement with a choice, not proof of understanding.
"""

from __future__ import annotations

FIRM_UP_TO = 28

LABELLED = [
    ("Implementar autenticação OAuth2", "TECHNICAL"),
    ("Configurar servidor Kubernetes", "INFRASTRUCTURE"),
    ("Analisar vulnerabilidades de segurança", "SECURITY"),
    ("Desenvolver nova feature de vendas", "BUSINESS"),
    ("Criar relatório de faturamento", "BUSINESS"),
    ("Corrigir bug no sistema de login", "TECHNICAL"),
    ("Configurar backup automático", "INFRASTRUCTURE"),
    ("Implementar criptografia de dados", "SECURITY"),
    ("venda marketing cliente receita faturamento", "BUSINESS"),
    ("código bug API database implementar desenvolver", "TECHNICAL"),
    ("servidor kubernetes docker deploy configurar", "INFRASTRUCTURE"),
    ("segurança vulnerabilidade autenticação criptografia", "SECURITY"),
    ("Criar relatório de vendas do último trimestre", "BUSINESS"),
    ("Bug no sistema de login", "TECHNICAL"),
    ("Deploy da aplicação em produção", "INFRASTRUCTURE"),
    ("Configurar firewall para bloquear IPs suspeitos", "SECURITY"),
    ("Analisar métricas de KPI do dashboard", "BUSINESS"),
    ("Erro de performance no endpoint de API", "TECHNICAL"),
    ("Configurar cluster Kubernetes para autoscaling", "INFRASTRUCTURE"),
    ("Implementar autenticação JWT", "SECURITY"),
    ("Analisar comportamento de usuários no fluxo de onboarding", "BEHAVIOR"),
    ("Configurar monitoramento de SLO para serviços críticos", "OPERATIONAL"),
    ("Implementar política de retenção de dados conforme GDPR", "COMPLIANCE"),
    ("Preciso gerar um relatório de vendas do último trimestre", "BUSINESS"),
    ("Preciso corrigir um bug na API REST que está retornando erro 500", "TECHNICAL"),
    ("Fazer deploy da nova versão no cluster Kubernetes de produção", "INFRASTRUCTURE"),
    ("Implementar autenticação OAuth2 e criptografia de dados sensíveis", "SECURITY"),
    ("Generate a sales report for the last quarter", "BUSINESS"),
    (
        (
            "Preciso criar uma nova funcionalidade de relatórios financeiros para o Q4 com dashboa"
            "rds interativos e exportação para Excel"
        ),
        "BUSINESS",
    ),
    (
        (
            "Otimizar performance da API de usuários que está com latência alta (>500ms P95) e imp"
            "lementar cache Redis para reduzir carga no banco PostgreSQL"
        ),
        "TECHNICAL",
    ),
    (
        "Provisionar cluster Kubernetes com 5 nodes e configurar auto-scaling para suportar 10k requisições/segundo",
        "INFRASTRUCTURE",
    ),
    (
        "Implementar autenticação multi-fator (MFA) com TOTP e backup codes para todos os usuários administrativos",
        "SECURITY",
    ),
    (
        (
            "Analisar padrões de uso da funcionalidade de checkout para identificar pontos de aban"
            "dono e otimizar conversão"
        ),
        "BEHAVIOR",
    ),
    (
        "Configurar alertas de SLA para APIs críticas com threshold de 99.9% uptime e notificação via PagerDuty",
        "OPERATIONAL",
    ),
    (
        "Implementar auditoria de acesso a dados sensíveis conforme LGPD com retenção de logs por 5 anos",
        "COMPLIANCE",
    ),
    ("Preciso analisar o ROI do projeto X e entender o impacto financeiro", "BUSINESS"),
    ("Como implementar autenticação OAuth2 com refresh tokens", "TECHNICAL"),
    ("Os usuários estão abandonando o carrinho no checkout", "BEHAVIOR"),
    ("Analyze the business impact of launching a new product line for enterprise customers", "BUSINESS"),
    ("Implement a high-performance caching layer using Redis with cluster mode enabled", "TECHNICAL"),
    ("Optimize user onboarding flow to reduce drop-off rate and improve engagement metrics", "BEHAVIOR"),
    (
        "Analisar viabilidade técnica de migração do sistema de autenticação para OAuth2 com suporte a MFA",
        "SECURITY",
    ),
    (
        "Analisar viabilidade técnica de implementar autenticação biométrica no aplicativo móvel",
        "SECURITY",
    ),
    ("Preciso adicionar autenticação de dois fatores para todos os usuários administradores", "SECURITY"),
    ("Criar workflow de aprovação de compras com validação de estoque", "BUSINESS"),
    ("Create a workflow for approving expenses", "BUSINESS"),
    ("Create an approval workflow for purchase orders with inventory validation", "BUSINESS"),
    ("Criar API REST simples", "TECHNICAL"),
    ("Criar microserviço Python FastAPI com endpoint /health e testes automatizados", "TECHNICAL"),
    ("Implementar monitoramento de performance da API", "TECHNICAL"),
    ("fazer coisa", "VALIDATION"),
    ("fazer algo com o sistema talvez melhorar não sei", "VALIDATION"),
]
