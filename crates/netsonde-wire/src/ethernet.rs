//! Ethernet II frames, ARP (RFC 826). Neighbour Discovery is in `icmp::nd`. (Author: the wire helper completes this.)
