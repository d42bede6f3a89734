"""Names of technologies, with the ways people write them."""

from __future__ import annotations

from typing import NamedTuple

from models.nlu.entities.scan import FILLED, Scan
from models.records import Entity

MAX_TECHNOLOGIES = 32
"""More of them are not read."""

_KNOWN = 0.95
"""The name is nothing else, as far as we know."""

# The name as its makers write it, then its other spellings; `_` joins the words of one, and `?` marks a
# spelling that is also a common word: it then counts only with a capital, and not as the first word.
_LISTED = """
PostgreSQL: postgresql postgres pgsql psql postgre
MySQL: mysql
MariaDB: mariadb
SQLite: sqlite sqlite3
Oracle: ?oracle oracle_db oracle_database plsql pl_sql
SQL Server: sql_server sqlserver mssql t_sql tsql
MongoDB: mongodb mongo mongosh
Cassandra: ?cassandra apache_cassandra
ScyllaDB: scylladb scylla
CockroachDB: cockroachdb
DynamoDB: dynamodb dynamo_db
CouchDB: couchdb couchbase
Redis: redis
Valkey: valkey
Memcached: memcached memcache
Neo4j: neo4j
Cypher: cypher
ArangoDB: arangodb
InfluxDB: influxdb influx
TimescaleDB: timescaledb timescale
ClickHouse: clickhouse
Snowflake: ?snowflake
BigQuery: bigquery big_query
Redshift: redshift
Databricks: databricks
DuckDB: duckdb
Elasticsearch: elasticsearch elastic_search opensearch elk
Solr: solr
Kibana: kibana
Logstash: logstash
SQL: sql
NoSQL: nosql
SQLAlchemy: sqlalchemy
Kafka: kafka apache_kafka
Kafka Streams: kafka_streams
Kafka Connect: kafka_connect
Faust: ?faust faust_streaming
RabbitMQ: rabbitmq rabbit_mq amqp
ActiveMQ: activemq
NATS: ?nats jetstream
Pulsar: ?pulsar apache_pulsar
Redpanda: redpanda
MQTT: mqtt mosquitto
SQS: sqs
SNS: sns
Kinesis: kinesis
Flink: flink apache_flink
Spark: ?spark apache_spark pyspark spark_streaming
Hadoop: hadoop hdfs
Hive: ?hive apache_hive
Airflow: airflow apache_airflow
Dagster: dagster
dbt: dbt
NiFi: nifi
Debezium: debezium
ksqlDB: ksqldb ksql
ZooKeeper: zookeeper
Kubernetes: kubernetes k8s kube kubectl
Docker: docker dockerfile docker_compose
Podman: podman
containerd: containerd
Helm: ?helm helm_chart helm_charts
Istio: istio
Linkerd: linkerd
Envoy: ?envoy
Nginx: nginx
Apache HTTP Server: httpd
HAProxy: haproxy
Traefik: traefik
Kong: ?kong
Consul: ?consul hashicorp_consul
Vault: ?vault hashicorp_vault
etcd: etcd
Terraform: terraform
OpenTofu: opentofu
Ansible: ansible
Puppet: ?puppet
Chef: ?chef
Pulumi: pulumi
Argo CD: argocd argo_cd
Flux CD: fluxcd
OpenShift: openshift
Rancher: ?rancher
AWS: aws amazon_web_services
EC2: ec2
S3: s3
EKS: eks
ECS: ecs
RDS: rds
Lambda: ?lambda aws_lambda
CloudFormation: cloudformation
CloudWatch: cloudwatch
GCP: gcp google_cloud
GKE: gke
Azure: azure
AKS: aks
Heroku: heroku
Vercel: vercel
Cloudflare: cloudflare
VMware: vmware vsphere
Linux: linux
Ubuntu: ubuntu
Debian: debian
Red Hat: red_hat redhat rhel
Windows Server: windows_server
Jenkins: jenkins
GitHub: github
GitHub Actions: github_actions
GitLab: gitlab gitlab_ci
Bitbucket: bitbucket
Git: git
CircleCI: circleci
SonarQube: sonarqube sonar
Jira: jira
Confluence: confluence
PagerDuty: pagerduty
Slack: ?slack
Prometheus: prometheus promql
Grafana: grafana
Loki: ?loki
Tempo: ?grafana_tempo
Jaeger: jaeger
Zipkin: zipkin
OpenTelemetry: opentelemetry otel
Datadog: datadog
New Relic: new_relic newrelic
Splunk: splunk
Sentry: ?sentry
Zabbix: zabbix
Nagios: nagios
Dynatrace: dynatrace
Python: python python3 py
Java: java
JavaScript: javascript js ecmascript
TypeScript: typescript
Go: golang ?go
Rust: ?rust rustlang
Ruby: ?ruby
Ruby on Rails: ruby_on_rails
PHP: php
Laravel: laravel
Kotlin: kotlin
Scala: scala
Swift: ?swift
Elixir: ?elixir
Erlang: erlang
Perl: perl
Node.js: node_js nodejs
Deno: deno
React: ?react reactjs react_js
React Native: react_native
Vue: ?vue vuejs vue_js
Angular: ?angular angularjs
Svelte: svelte
Next.js: next_js nextjs
Django: django
Flask: ?flask
FastAPI: fastapi fast_api
Pydantic: pydantic
Celery: ?celery
Spring: ?spring spring_boot springboot
Quarkus: quarkus
Express: express_js expressjs
.NET: dotnet dot_net asp_net
Rails: ?rails
Hibernate: ?hibernate
pandas: pandas
NumPy: numpy
PyTorch: pytorch
TensorFlow: tensorflow
scikit-learn: scikit_learn sklearn
Keras: keras
XGBoost: xgboost
MLflow: mlflow
Jupyter: jupyter
Power BI: power_bi powerbi
Tableau: tableau
Metabase: metabase
Superset: ?superset apache_superset
Looker: looker
Excel: excel
GraphQL: graphql
gRPC: grpc
REST: ?rest rest_api api_rest restful
SOAP: ?soap soap_api
WebSocket: websocket websockets
Webhook: webhook webhooks
OAuth 2.0: oauth oauth2 oauth_2
OpenID Connect: openid oidc openid_connect
SAML: saml
JWT: jwt
LDAP: ldap active_directory
Keycloak: keycloak
Okta: okta
Auth0: auth0
MFA: mfa 2fa
TOTP: totp
TLS: tls ssl
SSH: ssh
VPN: vpn
Avro: avro
Protobuf: protobuf protocol_buffers
Parquet: parquet
JSON: json
XML: xml
YAML: yaml yml
Selenium: selenium
Cypress: ?cypress
Playwright: playwright
pytest: pytest
JUnit: junit
Postman: postman
CI/CD: ci_cd cicd
SAP: sap
Salesforce: salesforce
Stripe: ?stripe
HubSpot: hubspot
"""


class _Spelling(NamedTuple):
    words: tuple[str, ...]
    name: str
    is_common: bool


def _spellings() -> dict[str, tuple[_Spelling, ...]]:
    by_first: dict[str, list[_Spelling]] = {}
    for line in _LISTED.strip().splitlines():
        name, _, listed = line.partition(":")
        for spelling in listed.split():
            words = tuple(spelling.lstrip("?").split("_"))
            by_first.setdefault(words[0], []).append(_Spelling(words, name, spelling.startswith("?")))
    return {first: tuple(sorted(found, key=lambda entry: -len(entry.words))) for first, found in by_first.items()}


_SPELLINGS = _spellings()
_SIGNED = {"c": (("++", "C++"), ("#", "C#")), "f": (("#", "F#"),)}
"""Names that are a letter and signs, which no word contains."""

_MAY_BE_SIGNED = frozenset(_SIGNED) | {"net"}
TECHNOLOGY_TRIGGERS = frozenset(_SPELLINGS) | _MAY_BE_SIGNED
NAMES = frozenset(line.partition(":")[0] for line in _LISTED.strip().splitlines()) | {"C++", "C#", "F#"}
"""All names that can be found."""


def technology_entities(scan: Scan, places: list[int]) -> list[Entity]:
    """Find the technologies that the text names; the value is the name as its makers write it."""
    entities: list[Entity] = []
    done = -1
    for at in places:
        if at <= done or at in scan.taken:
            continue
        entity = _spelled(scan, at) or _signed(scan, at)
        if entity is None:
            continue
        entities.append(entity[0])
        done = entity[1]
        if len(entities) == MAX_TECHNOLOGIES:
            break
    return entities


def _spelled(scan: Scan, at: int) -> tuple[Entity, int] | None:
    for words, name, is_common in _SPELLINGS.get(scan.plains[at], ()):
        last = at + len(words) - 1
        if tuple(scan.plains[at : last + 1]) != words:
            continue
        if is_common and not (at and _is_written_as_a_name(scan, at, name)):
            continue
        return scan.entity("TECHNOLOGY", name, FILLED if is_common else _KNOWN, at, last), last
    return None


def _is_written_as_a_name(scan: Scan, at: int, name: str) -> bool:
    """Tell "Swift" from "swift", and from "SWIFT", which is another thing; "REST" is written so."""
    word = scan.words[at]
    surface = scan.text[word.start : word.end]
    return surface[0].isupper() and (not surface.isupper() or name.isupper())


def _signed(scan: Scan, at: int) -> tuple[Entity, int] | None:
    if scan.plains[at] not in _MAY_BE_SIGNED:
        return None
    word = scan.words[at]
    start, end, name = word.start, word.end, ""
    if scan.plains[at] == "net":
        before = scan.text[max(0, start - 2) : start]
        if before.endswith(".") and not before[:-1].strip():
            start, name = start - 1, ".NET"
    else:
        for sign, signed in _SIGNED.get(scan.plains[at], ()):
            if scan.text.startswith(sign, end):
                end, name = end + len(sign), signed
                break
    if not name:
        return None
    return Entity(entity_type="TECHNOLOGY", value=name, confidence=_KNOWN, start=start, end=end), at
