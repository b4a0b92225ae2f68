{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('fly_tipping_incident') }}"
) }}
{{ dataset_fact(
    'fly_tipping_incident',
    own=['land_code', 'size_code'],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
