"""From facts and precedents to the few findings worth posting."""
