{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('licensed_premises') }}"
) }}
{{ dataset_fact(
    'licensed_premises',
    own=['premises_name', 'sells_alcohol', 'late_refreshment', 'licensed_from', 'licensed_to'],
    category='category_code',
    source_id='source_id'
) }}
