{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ staged('asb_incident') }}
