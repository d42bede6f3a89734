"""Texts with the personal data in them marked, <KIND|as written>; what isn't marked must stay."""

from __future__ import annotations

import re

from models.nlu.pii import PiiKind, PiiSpan

_MARKED = re.compile(r"<([A-Z]+)\|([^>]*)>")

MARKED_TEXTS = """
Enviar email para <EMAIL|joao.silva@empresa.com> sobre o projeto Alpha da Microsoft
Maria Silva precisa acessar <EMAIL|maria@exemplo.com> para configurar
mande o relatório para <EMAIL|ana.souza+vendas@filial.sp.example.com.br>, por favor
Send the report to <EMAIL|mary_jane-watson@sub.domain.example.co.uk>.
e-mails: <EMAIL|a1@example.com>,<EMAIL|b2@example.com>;<EMAIL|c3@example.org>
contato (<EMAIL|compras@example.com.br>)!
"<EMAIL|ana@example.com>" e '<EMAIL|bia@example.com>' e <<EMAIL|caio@example.com>>
link mailto:<EMAIL|suporte@example.com>?subject=oi
email=<EMAIL|joao@example.com>&ok=1
notify <EMAIL|o'brien@example.ie> tomorrow
escreva para <EMAIL|joão.conceição@café.com.br> hoje
ask <EMAIL|info@xn--caf-dma.example> or <EMAIL|info@example.xn--p1ai>
pergunte ao <EMAIL|ДИМА@почта.рф>
o usuário <EMAIL|JOAO.SILVA@EXAMPLE.COM> saiu
clientes com cpf <CPF|529.982.247-25> e pedidos abertos
CPF:<CPF|52998224725>
consulta do <CPF|111.444.777-35>, do <CPF|390 533 447 05> e do <CPF|390533447-05>
the customer with tax id <CPF|390.533.447-05>?
user_<CPF|52998224725> logged in from /users/<CPF|11144477735>/orders
ana,<CPF|52998224725>,2024-01-15,150.00
pedidos da empresa <CNPJ|11.222.333/0001-81>
CNPJ <CNPJ|11222333000181> ou <CNPJ|16727230/0001-97>
invoices of company <CNPJ|16.727.230/0001-97> in 2025
CNPJ novo <CNPJ|12.ABC.345/01DE-35>, bare <CNPJ|12ABC34501DE35>, minúsculas <CNPJ|12.abc.345/01de-35>
empresa <CNPJ|11 222 333 0001 81>
cartão <CARD|4111 1111 1111 1111> validade 12/27
paid with <CARD|5555-5555-5555-4444> yesterday
card <CARD|378282246310005> or <CARD|3782 822463 10005>
cartões <CARD|4111111111111111>, <CARD|5105105105105100> e <CARD|6011111111111117>
diners <CARD|30569309025904>, jcb <CARD|3530111333300000>, elo <CARD|6362970000457013>, hiper <CARD|6062825624254001>
old visa <CARD|4222222222222>, mastercard 2-series <CARD|2223003122003222>
<CARD|4111 1111 1111 1111> 999 é o código
me liga no <PHONE|(11) 98765-4321> depois das 15h
fones <PHONE|(11)98765-4321>, <PHONE|(21) 3456-7890> e <PHONE|(11) 9 8765-4321>
telefone<PHONE|(11) 98765-4321>
whatsapp <PHONE|+55 11 98765-4321> ou <PHONE|+5511987654321> ou <PHONE|+55 (11) 98765-4321>
liga no <PHONE|11 98765-4321> ou <PHONE|11-98765-4321> ou <PHONE|11.98765.4321> ou <PHONE|11 9 8765-4321>
fixo <PHONE|11 3456-7890>, com zero <PHONE|011 3456-7890>, com operadora <PHONE|(0xx11) 3456-7890>
celular <PHONE|11987654321>
o cel dela é <PHONE|11987654321>
ligar amanhã cedo para <PHONE|1134567890>
chama no zap <PHONE|5511987654321>
telefones: <PHONE|11987654321>, <PHONE|1134567890> / <PHONE|21 3456 7890>
me chama no <PHONE|98765-4321>
telefone: <PHONE|3456-7890>
central <PHONE|0800 123 4567>, <PHONE|0800-123-4567>; disque <PHONE|08001234567>
Call me at <PHONE|(415) 555-2671> or <PHONE|415-555-2671>, not later
her number: <PHONE|415.555.2671>, <PHONE|+1 415 555 2671>, <PHONE|1-415-555-2671>, <PHONE|1 (415) 555-2671>
phone <PHONE|4155552671>
call us at <PHONE|555-2671>
números <PHONE|+351 912 345 678>, <PHONE|+44 (0)20 7946 0958>, <PHONE|+49 30 1234567>, <PHONE|+33 6 12 34 56 78>
wa.me/<PHONE|+14155552671>, tel:<PHONE|+442079460958>, <PHONE|0044 20 7946 0958>
são 3 do <PHONE|+351 912 345 678> 15 do outro
acessos do IP <IP|192.168.0.1> ontem
requests from <IP|10.0.0.1>:8080 to <IP|172.16.254.3>, and <IP|8.8.8.8>.
bloquear <IP|10.1.2.0>/24
http://<IP|203.0.113.7>/login falhou
IPv6 <IP|2001:db8::1> e <IP|fe80::1ff:fe23:4567:890a>.
listen on [<IP|2001:0db8:85a3:0000:0000:8a2e:0370:7334>]:443 or [<IP|::1>]:80
mapped <IP|::ffff:192.0.2.128>, addr:<IP|2001:db8:0:1::42>: timeout
pedidos do Sr. <NAME|João> hoje
consulta da Dra. <NAME|Ana Maria de Souza> amanhã às 15h
reunião com o Prof. Dr. <NAME|Carlos Eduardo dos Santos>, e com a senhora <NAME|Beatriz>
vendas do senhor <NAME|João da Silva> e da dona <NAME|Maria>
a doutora <NAME|Luíza D'Ávila> e o doutor <NAME|Sá>
Sr. e Sra. <NAME|Silva e Souza> compraram
orders of Mr. <NAME|John Smith> and Mrs. <NAME|O'Neil> in May
Ms. <NAME|Jean-Luc Picard>'s tickets, Dr. <NAME|van der Berg>'s too
Mr <NAME|Smith> called Prof. <NAME|J. R. R. Tolkien> yesterday
Sr(a). <NAME|Ana>, Sr.(a) <NAME|Bia>; DR. <NAME|JOÃO SILVA>; dr.<NAME|Caio>
Dr. <NAME|Silva>. Mostre os pedidos
Dra. <NAME|Ana>, CPF <CPF|529.982.247-25>, <EMAIL|ana@example.com>, <PHONE|(11) 98765-4321>, IP <IP|10.0.0.1>
tel <PHONE|11987654321>, pedido 1134567890
full width <CPF|５２９．９８２．２４７－２５> e <PHONE|＋５５ １１ ９８７６５－４３２１>
Meu CPF é <CPF|123.456.789-09>, CNPJ <CNPJ|12.345.678/0001-95> e cartão <CARD|4532 0151 1283 0366>
call <PHONE|+1 (555) 123-4567>, <PHONE|(555) 123-4567>, <PHONE|555-123-4567> or <PHONE|555-1234>
Tel: <PHONE|11 33334444>, <PHONE|55 11 98765-4321>, <PHONE|(011) 98765-4321>, <PHONE|+55(11)98765-4321>
meu número é <PHONE|11987654321>, text me at <PHONE|415 555 2671>
<PHONE|+81 3-1234-5678>, <PHONE|+7 (495) 123-45-67>, <PHONE|+52 1 55 1234 5678>, <PHONE|+54 9 11 1234-5678>
broker-1/<IP|10.0.0.5>:9092 e <IP|127.0.0.1>
Mr. and Mrs. <NAME|Smith>; Exma. Sra. Dra. <NAME|Souza>
traços <CPF|529.982.247–25> e <PHONE|(11) 98765‑4321>
""".strip().splitlines()
"""Personal data, in the ways people write it, and none beside it."""

CLEAN_TEXTS = """
CPF 529.982.247-26 está errado
CPF 111.111.111-11 e 000.000.000-00 não existem
CNPJ 11.222.333/0001-82 e 11222333000182
CNPJ 12.ABC.345/01DE-36
cartão 4111 1111 1111 1112, 4111111111111112
pedido 1134567890
pedido nº 11987654321 atrasou
order number 4155552671 is late
protocolo 2024123456789
código do produto: 12-3456-7890
part number 415-555-2671
SKU 11-3456-7890 e peça 98765-4321
o número 11987654321 aparece na tabela
existem 1134567890 registros
timestamp 1700000000, epoch 1700000000000, micro 1700000000000000, nano 1700000000000000000
backup de 20240112153045 e 20251122 153045
evento de 2024-01-15T10:30:00.123456Z até 2024-12-31 23:59:59
entre 15/01/2024 e 31.12.2024, às 10:30:45
id 550e8400-e29b-41d4-a716-446655440000
trace 4bf92f3577b34da6a3ce929d0e0e4736, span 00f067aa0ba902b7
commit 7f3d2a9b8c1e4d5f6a7b8c9d0e1f2a3b4c5d6e7f
receita de R$ 1.234.567,89 e US$ 9,876,543.21
R$ 52998224725 em vendas, e $ 4111111111111111
crescimento de 12,5% ou 98.765%
crescimento de +1500000 pedidos, ou +34 567 890
versão 1.2.3.4 do sistema e v10.20.30.40
version 1.2.3.4, ver. 4.3.2.1, release 5.6.7.8
seção 1.2.3.4 do manual, chapter 2.3.4.5
lib-1.2.3.4.jar, oid 1.3.6.1.4.1.311
256.1.1.1, 1.2.3 e 1.2.3.4.5, 01.02.03.04
vendas de 2019-2024 por região, top 11 2019-2024
compare 2021 2022 2023 2024
tamanhos 10 20 30 40 50 60, lotes 100 200 300 400
CEP 01310-100, ZIP CA 90210-1234
às 10::30, 12:30:45, mac 00:1a:2b:3c:4d:5e
std::vector e a fatia x[1::2] ou x[::2]
@joao mencionou @maria, preço 5 @ 3
instale react@18.2.0 e root@localhost
user@host sem ponto, a@b, @empresa.com
o doutor pediu, a senhora também, sr. joão minúsculo
200 ms Kafka, MR Kafka, DR Site, quadra Norte
Sr. Software Engineer e Sr. Analista de Dados
Nossa Senhora Aparecida, os nossos doutores
Mostre os pedidos de João Silva em São Paulo
top 10 clientes por receita nos últimos 30 dias
últimos 7 dias, 24 horas, 365 dias, 1000000 de linhas
processo 0001234-56.2023.8.26.0100
ISBN 978-85-333-0227-3, EAN 7891234567895
placa ABC1D23, RG 12.345.678-9, PIS 120.12345.67-8
chave 35240112345678000195550010000001231123456789
linha 23793.38128 60000.000003 00000.000400 1 84340000012345
coordenadas -23.550520, -46.633308
ligar 3 vezes em 2024-01-15
call volume 2019-2024 by month
#11987654321 é um número de chamado
C++11, a+1=2, 00123, 0000000000000
erro 404 em /api/v1/orders/12345678901
0.52998224725 é uma fração
a1b2c3d4e5f6, PEDIDO20240112
contact 20000000 customers, call 1500000 of them
ligar em 20240115 ou 2024-01-15
cartões 1234 5678 9012 3456 e 4111-1111-1111-1112
10.0.0.256, 999.999.999.999, Chrome/120.0.0.0, Windows 10.0.19045.3803, Python 3.11.7
id do pedido 12345678901, transação 98765432101
partition 12 offset 1234567890
conta 12345-6, agência 1234
[EMAIL] e [CPF] já mascarados, [PHONE]
""".strip().splitlines()
"""Numbers and words that only look like it, and texts of everyday."""


def unmark(marked: str) -> tuple[str, list[PiiSpan]]:
    """Return the text without the marks, and where the marked parts stand in it."""
    parts: list[str] = []
    spans, length, done = [], 0, 0
    for match in _MARKED.finditer(marked):
        parts += marked[done : match.start()], match[2]
        start = length + match.start() - done
        length = start + len(match[2])
        spans.append(PiiSpan(PiiKind(match[1]), start, length))
        done = match.end()
    return "".join([*parts, marked[done:]]), spans
