{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ placed_rows('licensed_premises') }}
union all
{{ placed_rows('street_light') }}
