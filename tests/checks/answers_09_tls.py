"""Answers to the exercises of lesson 09: mistakes, what is no answer yet, right ones."""

import ssl


def checks_nothing(pem):
    context = ssl.create_default_context(cadata=pem)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def takes_any_name(pem):
    context = ssl.create_default_context(cadata=pem)
    context.check_hostname = False
    return context


def certificate_of(client):
    return client.transport.get_extra_info("ssl_object").getpeercert()


def connected_to(client):
    return [client.remote_address[0]]


def common_name(client):
    subject = dict(pair for [pair] in certificate_of(client)["subject"])
    return [subject["commonName"]]


MISTAKES = [
    ("09.1", checks_nothing, "a stranger has signed"),
    ("09.1", takes_any_name, "can play every server"),
    ("09.2", connected_to, "where you have connected to"),
    ("09.2", common_name, "only a label"),
]
