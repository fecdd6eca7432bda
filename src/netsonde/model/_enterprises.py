"""Who stands behind enterprise numbers that routers and their agents use."""

from types import MappingProxyType

#: Enterprise numbers, of the registry "Private Enterprise Numbers" of IANA (RFC 9371): those that
#: network equipment usually shows; the registry has tens of thousands.
ENTERPRISES = MappingProxyType(
    {
        9: "Cisco",
        11: "Hewlett-Packard",
        43: "3Com",
        171: "D-Link",
        193: "Ericsson",
        311: "Microsoft",
        674: "Dell",
        1588: "Brocade",
        1916: "Extreme Networks",
        1991: "Brocade (Foundry)",
        2011: "Huawei",
        2021: "UCD-SNMP",
        2352: "Redback",
        2636: "Juniper",
        3902: "ZTE",
        4413: "Broadcom",
        4526: "Netgear",
        4881: "Ruijie",
        6486: "Alcatel-Lucent Enterprise",
        6527: "Nokia (TiMetra)",
        6876: "VMware",
        8072: "Net-SNMP",
        12356: "Fortinet",
        14823: "Aruba",
        14988: "MikroTik",
        25461: "Palo Alto Networks",
        25506: "H3C",
        30065: "Arista",
        41112: "Ubiquiti",
    }
)
