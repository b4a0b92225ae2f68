{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('street_light') }}"
) }}
{{ dataset_fact(
    'street_light',
    own=['regime_code', 'fitted', 'height_m'],
    category='category_code',
    source_id='source_id'
) }}
