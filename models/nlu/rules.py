"""Which words speak for which domain, and how loudly: the dictionary from which texts of no example are understood.

A rule is `domain -> subcategory -> weight -> words`. Words are plain (no accents); `deploy*` stands for all
words that begin so, a word without a star also for its plural, and words joined by `_` for that phrase.
Weights: 3 the word alone tells the domain, 2 it usually does, 1 it leans that way. A word may speak for
several domains. How much a weight of each domain counts in the end is learned from the examples.
"""

from __future__ import annotations

from models.records import Domain

Rules = dict[Domain, dict[str, dict[int, str]]]

RULES: Rules = {
    Domain.BUSINESS: {
        "reporting": {
            3: (
                "kpi okr scorecard board_deck power_bi business_intelligence relatorio_gerencial "
                "resultado_trimestral relatorio_executivo executive_summary qlik metabase superset "
                "balanced_scorecard board_meeting"
            ),
            2: (
                "relatori* report reporting dashboard analytics indicador* forecast* projecao projecoes tableau "
                "looker resultados diretoria executiv* board acionista shareholder stakeholder comparativo "
                "year_over_year slide pitch deck conselho socio benchmark_de_mercado visao_executiva"
            ),
            1: (
                "metrica metric q1 q2 q3 q4 excel planilha spreadsheet painel paineis trimestr* quarter quarterly "
                "apresentac* presentation analise_de_dados meta target previsao ranking"
            ),
        },
        "sales": {
            3: (
                "venda vend* sale sales selling sell sold seller receita revenue fatur* lucr* profit* turnover "
                "ticket_medio average_ticket average_order_value comercia* crm upsell cross_sell mrr arr gmv "
                "pipeline_de_vendas sales_pipeline forca_de_vendas quota comissao commission win_rate salesforce "
                "hubspot revenda reseller revendedor distribuidor distributor televendas telemarketing "
                "representante_comercial vitrine gross_margin margem_bruta net_income markup rebate cashback pdv "
                "marketplace sku"
            ),
            2: (
                "conversao conversion funil funnel produto product prec* price pricing precific* desconto discount "
                "deal proposta quote oportunidade loja varejo retail atacado wholesale ecommerce e_commerce margem "
                "margin assinatura subscription negociac* bestseller shop cupom coupon catalogo exportac* "
                "importador backorder orcar wishlist_de_compra"
            ),
            1: ("categoria category pedido order regiao region canal channel"),
        },
        "customer": {
            3: (
                "cliente customer prospect lead nps csat fideliz* loyalty carteira_de_clientes key_account "
                "clientela account_manager pos_venda after_sales enterprise_customer account_executive carteira "
                "reclamac* satisfac* satisfaction"
            ),
            2: (
                "client churn segment* b2b b2c pme smb cancelamento_de_contrato renovac* renewal inadimpl* "
                "complaint sac consumidor shopper comprador buyer"
            ),
            1: ("enterprise corporativ* conta account"),
        },
        "marketing": {
            3: (
                "marketing campanha campaign anunci* advertis* ads branding google_ads midia_paga redes_sociais "
                "social_media influencer cac roas ltv lifetime_value email_marketing black_friday publico_alvo "
                "target_audience promoc* promotion patrocin* sponsor* panfleto outdoor copywriting inbound outbound "
                "rebranding logotipo trade_show assessoria_de_imprensa press_release public_relations panfletagem"
            ),
            2: (
                "launch* lancamento marca brand seo newsletter midia mercado market concorrente competitor "
                "competitiv* evento divulg* slogan posicionamento instagram facebook tiktok linkedin youtube feira "
                "criativo imprensa"
            ),
            1: ("publico audience estrateg* strateg* crescimento growth"),
        },
        "finance": {
            3: (
                "financ* orcament* budget* expense despesa gasto custo contab* accounting fluxo_de_caixa cash_flow "
                "ebitda roi p_l dre balanco balance_sheet contas_a_pagar contas_a_receber payable receivable "
                "break_even capex opex payback reembols* reimburs* tesourar* treasury controladoria "
                "folha_de_pagamento inadimplencia overdue rentab* economic* investiment* investment investor "
                "investidor amortiz* depreciac* depreciat* accrual balancete ledger livro_razao conciliac* "
                "reconcil* irpj icms pis cofins vat working_capital capital_de_giro valuation fusao aquisic* merger "
                "acquisition ipo recebiveis salario salary salarios payslip holerite"
            ),
            2: (
                "cost invoice fatura pagamento payment imposto tax tribut* cobranc* billing boleto caixa cash "
                "nota_fiscal payroll dividend* emprestimo loan juros interest credito credit moeda currency "
                "dinheiro money caro expensive econom* saving viagem_corporativa impacto_financeiro provisao fiscal "
                "nfe nf_e pix transferencia_bancaria hedge cambio exchange_rate dolar euro aluguel leasing inflac* "
                "inflation parcel* installment mensalidade anuidade bonus bank_account"
            ),
            1: ("conta bill valor value pagar pay"),
        },
        "procurement": {
            3: (
                "compra estoque inventory purchas* procure* fornecedor supplier vendor licitac* rfp rfq suprimento "
                "supply_chain almoxarif* ordem_de_compra purchase_order pedido_de_compra reposicao restock* "
                "fulfillment picking transportadora sourcing tender romaneio lead_time armazem"
            ),
            2: (
                "aprovac* aprovar approv* pedido order contrat* contract logistic* frete freight shipping parceir* "
                "partner partnership franquia franchise filial alcada requisicao_de_compra sign_off headcount "
                "contratac* hiring recrut* recruit* rh hr warehouse carrier terceiriz* outsourc* facilities leilao "
                "expedicao contrato_de_fornecimento material materiais"
            ),
            1: ("workflow negoc* business empresa company entrega delivery setor departament* processo process cotac*"),
        },
    },
    Domain.TECHNICAL: {
        "bug": {
            3: (
                "bug stack_trace stacktrace traceback exception excecao excecoes nullpointer* segfault null_pointer "
                "race_condition deadlock hotfix memory_leak vazamento_de_memoria regressao regression typeerror "
                "undefined off_by_one infinite_loop loop_infinito npe core_dump heisenbug stack_overflow overflow "
                "nan undefined_is_not"
            ),
            2: (
                "erro error falha_no crash* trava travando travou quebr* broken glitch defeito defect nao_funciona "
                "not_working doesn_t_work does_not_work freezes congela panic duplicad* corrompid* corrupted "
                "encoding nulo null"
            ),
            1: (
                "corrig* correc* consert* fix* issue problem* falha fail* arrum* depur* 500 404 wrong errado "
                "timeout duplicate"
            ),
        },
        "performance": {
            3: (
                "profiling profiler big_o memoization memoiz* benchmark n_1 hot_path garbage_collector lighthouse "
                "bundle_size cold_start full_table_scan explain_analyze memcached vetoriz* vectoriz*"
            ),
            2: (
                "performance desempenho latenc* cache caching lentid* slow lento lenta slowness high_performance "
                "gargalo bottleneck demora demorando throughput rate_limit* indice_no_banco lazy_loading paraleliz* "
                "paralleliz* concorrencia concurrency otimizacao_de_consulta async_io assincrono asynchronous batch "
                "alocac* allocation"
            ),
            1: (
                "otimiz* optimiz* memoria memory rapid* fast* speed* acelerar cpu load_time tempo_de_resposta "
                "response_time"
            ),
        },
        "development": {
            3: (
                "codigo code coding codebase algoritm* algorithm refator* refactor* microserv* frontend front_end "
                "backend back_end sdk fullstack graphql grpc openapi swagger react angular vue typescript "
                "javascript nodejs node_js golang rust kotlin swift django flask fastapi spring_boot laravel rails "
                "regex parser compil* pull_request code_review legacy_code codigo_legado divida_tecnica tech_debt "
                "technical_debt git branch merge commit orientacao_a_objetos design_pattern padrao_de_projeto "
                "clean_code clean_architecture ddd event_sourcing cqrs monolit* monolith* dependency_injection "
                "injecao_de_dependencia async await websocket html css npm pip maven gradle webpack payload "
                "middleware repository_pattern state_machine maquina_de_estados type_hint mypy tipagem eslint "
                "prettier docstring readme changelog semver monorepo rebase cherry_pick codar crawler scraper "
                "scraping compilador interpreter long_polling protobuf wsdl yaml toml markdown dark_mode "
                "modo_escuro acessibilidade accessibility wcag i18n internacionaliz* localization responsive "
                "responsivo pwa nextjs next_js nestjs express svelte tailwind bootstrap flutter react_native "
                "electron unity cpp scala elixir haskell perl cobol powershell jupyter pandas numpy tensorflow "
                "pytorch llm embedding rag fine_tun* rate_limiter controller"
            ),
            2: (
                "api endpoint rest soap funcao funcoes function metodo method classe class implement* desenvolv* "
                "develop* programa* programm* software biblioteca library framework python java php ruby dotnet "
                "csharp webhook script json xml csv modulo module componente component arquitetura architecture "
                "feature_flag plugin integrac* integrat* aplicativo app android ios mobile cli sistema_distribuido "
                "distributed_system mensageria pagination paginac* serializ* deserializ* variavel variable tela "
                "screen formulario form botao button layout interface crud dependencias dependencies versionamento "
                "kafka_consumer consumer producer tdd bot chatbot machine_learning modelo_preditivo request handler "
                "decorator notebook prompt download upload drag_and_drop bash hook generics thread microfrontend "
                "formatter formatac* idempot* token_bucket"
            ),
            1: (
                "oauth2 oauth refresh_token feature funcionalidade tecnic* technical web site evento build "
                "document* criar_uma_api pagina page campo field response"
            ),
        },
        "data": {
            3: (
                "sql postgresql postgres mysql mongodb nosql sqlite oracle_database schema foreign_key "
                "chave_estrangeira stored_procedure procedure modelagem_de_dados data_model data_modeling "
                "data_modelling orm etl elt dbt airflow spark data_pipeline pipeline_de_dados data_lake "
                "data_warehouse json_schema avro elasticsearch clickhouse timescaledb influxdb couchdb mariadb "
                "firestore bigquery redshift snowflake databricks parquet delta_lake cdc debezium flink "
                "kafka_streams ksql materialized_view sharding indice_composto composite_index cypher "
                "graph_database banco_de_grafos primary_key chave_primaria"
            ),
            2: (
                "database query banco_de_dados base_de_dados redis kafka neo4j cassandra dynamodb rabbitmq indice "
                "index tabela table join migration consulta consultas dataset ingest* normaliz* particionamento "
                "transac* trigger orc grafo graph deduplic* consumer_group"
            ),
            1: ("banco dado data coluna column registro record fila queue mensagem topico topic"),
        },
        "testing": {
            3: (
                "unit_test teste_unitario testes_unitarios testes_automatizados pytest junit jest cypress selenium "
                "playwright mock mocks mockar test_coverage cobertura_de_testes integration_test "
                "teste_de_integracao e2e tdd teste_de_carga load_test flaky lint linter bdd cucumber gherkin "
                "fixture stub mutation_test fuzz fuzzing smoke_test test_plan plano_de_testes caso_de_teste "
                "test_case contract_test testcontainers"
            ),
            2: ("teste test testing debug* qa tester testar automatizado cobertura coverage ponta_a_ponta end_to_end"),
            1: ("unit unitario validar"),
        },
    },
    Domain.INFRASTRUCTURE: {
        "deployment": {
            3: (
                "deploy* release rollout rollback implantac* implantar implante blue_green canary canario go_live "
                "subir_para_producao publicar_em_producao cutover argocd argo_cd gitops vercel netlify heroku "
                "release_train feature_freeze hotdeploy spinnaker"
            ),
            2: (
                "homologacao staging reverter lancar_versao release_notes promover_para_producao "
                "promote_to_production promoc*_de_ambiente release_candidate"
            ),
            1: ("versao version producao production prod publicar ship ambiente"),
        },
        "containers": {
            3: (
                "kubernetes k8s kubernets docker dockerfile container conteiner helm kubectl openshift eks aks gke "
                "pod podman containerd istio service_mesh ingress statefulset daemonset namespace image_registry "
                "replicaset hpa autoscaler rancher k3s minikube nomad docker_compose kustomize fluxcd kaniko "
                "node_pool configmap crd cni calico cilium envoy linkerd"
            ),
            2: (
                "cluster autoscal* auto_scaling auto_scale registry imagem_docker docker_image sidecar operator "
                "replicas"
            ),
            1: ("orquestra* orchestrat* replica imagem image"),
        },
        "servers": {
            3: (
                "servidor server infraestrut* infrastruct* infra vm maquina_virtual virtual_machine vmware proxmox "
                "hypervisor datacenter data_center aws azure gcp google_cloud ec2 s3 load_balancer balanceador "
                "nginx apache proxy reverse_proxy proxy_reverso cdn dns vpn vpc subnet sub_rede bandwidth "
                "banda_larga largura_de_banda firmware rack switch roteador router bare_metal ssd nvme raid linux "
                "ubuntu debian windows_server cloudfront route53 hardware multi_cloud on_premise on_prem serverless "
                "lambda cloudflare akamai digitalocean oracle_cloud openstack vsphere esxi nas iscsi nfs samba dhcp "
                "bgp vlan sd_wan mpls link_de_internet nobreak refrigerac* mainframe edge_computing vcpu "
                "spot_instance haproxy traefik squid ntp systemd swap inode filesystem zfs lvm ipv4 ipv6 "
                "availability_zone"
            ),
            2: (
                "node host provision* storage armazenamento disco disk rede network nuvem cloud ambiente "
                "environment hosting hosped* capacidade capacity instancia instance kernel ip_fixo gpu ram "
                "cabeamento wifi wi_fi domain_name sistema_operacional operating_system bucket "
                "zona_de_disponibilidade fibra fiber wan lan gerador chassis blade iot mount api_gateway "
                "particao_de_disco cota_de_disco"
            ),
            1: ("escalar scal* configur* setup instal* regiao memoria cpu porta port maquina machine"),
        },
        "automation": {
            3: (
                "terraform ansible devops ci_cd cicd jenkins gitlab_ci github_actions pulumi cloudformation puppet "
                "chef infrastructure_as_code infraestrutura_como_codigo iac esteira_de_deploy crontab cron_job "
                "vagrant packer circleci travis teamcity azure_devops tekton saltstack crossplane terragrunt "
                "opentofu cloud_init continuous_integration integracao_continua continuous_delivery "
                "entrega_continua"
            ),
            2: ("pipeline automac* automation esteira runner artefato artifact cron build_server agente_de_build"),
            1: ("automatiz* automat* agendar schedule job"),
        },
        "backup": {
            3: (
                "backup restore_backup disaster_recovery recuperacao_de_desastre snapshot failover dr_site rpo rto "
                "velero veeam rsync glacier georedundan* pitr point_in_time bkp"
            ),
            2: (
                "replicac* replication restore restaurar restauracao redundan* copia_de_seguranca "
                "alta_disponibilidade high_availability standby fita tape ponto_de_recuperacao site_secundario "
                "copias_de_seguranca"
            ),
            1: ("migrar migrac* migrat* recuperac* recover* copia"),
        },
    },
    Domain.SECURITY: {
        "authentication": {
            3: (
                "mfa 2fa totp saml sso jwt oidc openid passkey multi_fator multi_factor dois_fatores two_factor "
                "single_sign_on passwordless fido2 webauthn keycloak okta login_suspeito suspicious_login "
                "tentativas_de_login login_attempt failed_login brute_force forca_bruta captcha yubikey otp "
                "one_time_password codigo_de_verificacao weak_password senha_fraca credential_stuffing "
                "session_fixation second_factor segundo_fator fator_de_autenticacao troca_de_senha"
            ),
            2: (
                "autentic* authentic* login logon logou logins sign_in signin senha password credenci* credential "
                "biometr* identity_provider ldap active_directory oauth oauth2 session_hijack* password_reset "
                "login_anomalo impersonat*"
            ),
            1: ("token sessao session identidade identity"),
        },
        "authorization": {
            3: (
                "rbac abac iam privileg* least_privilege menor_privilegio controle_de_acesso access_control "
                "zero_trust acesso_indevido unauthorized nao_autorizado acesso_nao_autorizado access_key pam "
                "cyberark bastion jump_host conditional_access acesso_condicional tenant_isolation fine_grained"
            ),
            2: (
                "autoriz* authoriz* permiss* acesso access revogar revoke* role_based restring* restrict* "
                "direitos_de_acesso access_right access_review"
            ),
            1: ("bloque* block* papel papeis role admin administrador liberar grant"),
        },
        "encryption": {
            3: (
                "criptograf* encrypt* decrypt* cripto crypto* kms hsm aes rsa bcrypt argon2 tls_1 mtls "
                "certificado_digital secrets_manager cofre_de_senhas cofre vault tokeniz* chave_privada private_key "
                "hash_de_senha hmac assinatura_digital digital_signature pki cert_manager key_management master_key "
                "chave_mestra pgp gpg ssh_key chave_ssh hsts sops sealed_secrets em_texto_puro plain_text_password "
                "texto_claro"
            ),
            2: (
                "ssl tls certificad* certificate https segredo secret chave_de_api api_key cifr* cipher hashing "
                "salt assinar_digitalmente digitally_sign"
            ),
            1: ("sensivel sensive* sensitiv* chave key rotacion* rotat* expos*"),
        },
        "security": {
            3: (
                "seguranca security secure vulnerab* firewall waf invas* intrus* exploit cve ataque attack attacker "
                "hacker hacke* malware ransomware phishing virus trojan ddos pentest penetration_test* siem "
                "soc_analyst owasp xss csrf sql_injection injecao_sql antivirus edr exfiltra* fraude fraud* "
                "backdoor spoof* botnet keylogger hardening sast dast threat_model* ids ips zero_day breach "
                "comprometid* compromised engenharia_social crowdstrike snyk sonarqube dependabot trivy nessus burp "
                "metasploit wireshark honeypot clickjacking ssrf rce remote_code_execution path_traversal idor "
                "spyware rootkit extors* vishing smishing deepfake scam golpe espionagem identity_theft "
                "roubo_de_identidade dlp casb soar xdr bug_bounty responsible_disclosure red_team blue_team mitre "
                "cross_site code_injection command_injection injecao lateral_movement movimento_lateral infectad* "
                "infected security_review"
            ),
            2: (
                "suspeit* suspicious ameaca threat malicios* malicious vazou vazamento leak* leaked anomal* patch "
                "blindar protec* proteg* protect* risco_cibernetico cyber* ciber* insecure inseguro forense "
                "forensic* quarentena isolate stolen roubad* endurec* harden golpista insider resgate ransom forge "
                "forjar"
            ),
            1: ("risco risk estranh* strange ip scan varredura"),
        },
    },
    Domain.BEHAVIOR: {
        "usage": {
            3: (
                "comportament* behavio* padrao_de_uso padroes_de_uso usage_pattern user_journey jornada heatmap "
                "mapa_de_calor engaj* engag* dau mau wau scroll clickstream usabilidade usability ux "
                "experiencia_do_usuario user_experience persona session_recording gravacao_de_sessao habito habit "
                "retencao_de_usuario user_retention cohort coorte stickiness power_user usuarios_ativos "
                "active_users rage_click tempo_de_tela screen_time mixpanel amplitude hotjar google_analytics pendo "
                "fullstory posthog user_research pesquisa_com_usuarios entrevista_com_usuarios user_interview "
                "behavioural eye_tracking session_length duracao_da_sessao tempo_de_sessao page_view pageview "
                "time_to_value aha_moment feature_adoption feature_usage daily_active monthly_active "
                "retention_curve curva_de_retencao reengaj* re_engage streak leaderboard swipe hover dwell_time "
                "heat_map journey_map mapa_da_jornada touchpoint ponto_de_contato ctr click_through taxa_de_cliques "
                "open_rate taxa_de_abertura scroll_depth rolagem"
            ),
            2: (
                "uso usage adoc* adoption sessao session clique clica* click* tap navega* navigat* visit* gamific* "
                "interac* interact* frequencia_de_uso tempo_no_site time_on_page preferencia preference recorrente "
                "returning inativ* dormant personaliz* personali* recomendac* recommendation experiment ab_test "
                "teste_a_b a_b_test a_b_testing pesquisa_de_satisfacao survey feedback percepc* descobr* discover* "
                "badge gesto gesture unsubscribe rotina_de_uso explora* toque consum*_de_conteudo aparelho preench* "
                "skip ignora*"
            ),
            1: (
                "usuario user user_flow fluxo flow pessoa people tela screen notificac* push feature funcionalidade "
                "aplicativo app gosta like favorit* jovens teen* publico"
            ),
        },
        "conversion": {
            3: (
                "abandon* drop_off drop_offs drop_out bounce_rate taxa_de_rejeicao onboarding carrinho basket "
                "primeiro_acesso first_time_user activation_rate taxa_de_ativacao nudge call_to_action desist* "
                "desinstal* uninstall* friccao friction churn_de_usuarios user_churn winback win_back dropout "
                "evasao desengaj* friction_point welcome_wizard primeira_compra first_purchase first_run exit_page "
                "pagina_de_saida carrinho_abandonado"
            ),
            2: (
                "checkout cart cadastro_incompleto sign_up signup trial ativacao activation funil_de_cadastro "
                "funnel funil conversao conversion churn retencao retention volta_ao_app tutorial landing_page "
                "deixa_de_usar para_de_usar stop_using leave drop boas_vindas welcome hesita* reativ*"
            ),
            1: ("etapa step passo cta banner formulario form cadastro"),
        },
    },
    Domain.OPERATIONAL: {
        "service_levels": {
            3: (
                "slo sla sli uptime error_budget orcamento_de_erro budget_burn burn_rate nivel_de_servico "
                "service_level disponibilidade_do_servico mtbf apdex four_nines three_nines tempo_de_parada "
                "planned_downtime parada_planejada nivel_de_atendimento first_response tempo_de_primeira_resposta "
                "mtta"
            ),
            2: ("disponibil* availab* threshold limiar tempo_de_resposta_do_suporte cumpriment* breach_de_sla p95 p99"),
            1: ("meta objetivo_de_servico latencia critical_service servico_critico servicos_criticos"),
        },
        "incidents": {
            3: (
                "incident* mttr mttd pagerduty opsgenie oncall on_call plantao plantonista sobreaviso runbook "
                "playbook postmortem post_mortem war_room sala_de_guerra causa_raiz root_cause escalonamento "
                "escalation fora_do_ar downtime sev1 sev2 sev_1 sev_2 severidade severity tempo_de_resolucao "
                "resolution_time time_to_resolve game_day triagem triage blameless servicenow zendesk freshdesk "
                "itil change_request gmud problem_management gestao_de_problemas incident_commander degradac* "
                "degraded instabilidade plano_de_contingencia business_continuity continuidade_de_negocio "
                "chaos_engineering p1 sev"
            ),
            2: (
                "indisponib* outage chamado caiu queda interrupc* ticket_de_suporte helpdesk help_desk service_desk "
                "atendimento mitig* restabelec* resolvid* unresolved nao_resolvid* emergenc* contingenc* "
                "fila_de_chamados fila_de_atendimento restabelecer escal*_de_plantao acionad* paged crise crisis "
                "unstable restored"
            ),
            1: ("critico critical ticket suporte support escalar escal* resolucao gravidade down"),
        },
        "monitoring": {
            3: (
                "observab* grafana prometheus datadog new_relic zabbix nagios opentelemetry otel tracing "
                "golden_signal sinais_de_ouro alertmanager health_check healthcheck kibana splunk sentry "
                "monitoramento_de_servico pager status_page pagina_de_status janela_de_manutencao "
                "maintenance_window turno consumer_lag saturac* alert_fatigue ruido_de_alerta synthetic_monitoring "
                "sre taxa_de_erro error_rate noc sala_de_controle control_room rodizio capacity_planning "
                "planejamento_de_capacidade toil logstash loki jaeger zipkin elk cloudwatch pingdom statuspage "
                "blackbox exporter flapping procedimento_operacional operacional rotina_operacional"
            ),
            2: (
                "monitor* alert* acompanhar_servico telemetr* probe heartbeat saude_dos_servicos change_management "
                "gestao_de_mudancas manutenc* maintenance handover passagem_de_turno dead_letter shift rotation "
                "alarme alarm turnos synthetic_check checklist oscilac*"
            ),
            1: ("notific* log logs equipe team operac* operation* servico service tempo_real real_time capacidade"),
        },
    },
    Domain.COMPLIANCE: {
        "regulation": {
            3: (
                "gdpr lgpd hipaa sox pci pci_dss compliance compliant conformidade regulat* regulament* regulador* "
                "iso_27001 iso27001 soc_2 soc2 ccpa basel basileia anpd bacen banco_central marco_civil kyc aml "
                "lavagem_de_dinheiro money_laundering anticorrup* anti_corruption codigo_de_conduta code_of_conduct "
                "due_diligence dpo encarregado_de_dados data_protection protecao_de_dados titular data_subject dpia "
                "ripd base_legal legal_basis lawful_basis sancoes sanctions esg whistlebl* canal_de_denuncia cvm "
                "susep sec_filing iso_9001 iso_27701 iso_22301 iso cobit nist fedramp nis2 mifid psd2 ai_act cpra "
                "ferpa coppa fatca coaf cmn ans anvisa anatel aneel esocial clt osha ouvidoria canal_de_etica "
                "conflito_de_interesses conflict_of_interest suborno bribery fcpa pep politically_exposed ofac "
                "export_control third_party_risk dpa data_processing ropa record_of_processing "
                "operacoes_de_tratamento relatorio_de_impacto privacy_by_design minimizacao_de_dados "
                "data_minimization purpose_limitation storage_limitation portabilidade_de_dados data_portability "
                "dsar access_request breach_notification fiscalizac* treinamento_obrigatorio mandatory_training "
                "listas_restritivas"
            ),
            2: (
                "norma normativ* lei law legal juridic* legisla* statut* exigencia_legal certificac* multa fine "
                "penalt* governanc* governance etica ethic* obrigatorio mandatory obrigac* obligation dever_de_casa "
                "autoridade authority subprocess* anonimiz* anonymi* pseudonim* pseudonym* trabalhista sindicancia "
                "resolucao ambiental environmental adequac* adequar fisco civil_code codigo_civil filing"
            ),
            1: ("conforme contrato politica policy padrao standard exig* require* artigo"),
        },
        "audit": {
            3: (
                "auditoria audit trilha_de_auditoria audit_trail auditavel audit_log segregacao_de_funcoes "
                "segregation_of_duties separacao_de_funcoes controles_internos internal_control nao_conformidade "
                "soc_1 chain_of_custody cadeia_de_custodia risk_register matriz_de_riscos tres_linhas_de_defesa "
                "nao_conformidades audited auditado independente_de_controle"
            ),
            2: (
                "auditar auditor evidenc* rastreabilidade traceability inspec* attestation controle controles "
                "control achado finding apontamento gap_analysis amostra_de_controles policy_exception "
                "immutable_log"
            ),
            1: ("revisao review registro evidence"),
        },
        "retention": {
            3: (
                "politica_de_retencao retention_policy retention_period data_retention retencao_de_dados "
                "retencao_de_logs consentiment* consent opt_out opt_in direito_ao_esquecimento "
                "right_to_be_forgotten right_to_erasure legal_hold cookie_banner cookies privacidade privacy "
                "politica_de_privacidade privacy_policy termos_de_uso terms_of_use temporalidade descarte_de_dados "
                "ordem_judicial court_order litigation litigio ediscovery e_discovery prazo_de_guarda "
                "tabela_de_temporalidade records_management gestao_documental descarte_de_documentos "
                "document_disposal data_destruction"
            ),
            2: (
                "retencao retention expurg* purge dados_pessoais personal_data dado_pessoal pii informac*_pessoais "
                "data_deletion exclusao_de_dados data_transfer transferencia_internacional cookie prazo_legal "
                "prescricao intimacao oficio titulares descart* esquec* forgotten eras*"
            ),
            1: ("politica policy guardar apagar reter retain arquiv*"),
        },
    },
}
