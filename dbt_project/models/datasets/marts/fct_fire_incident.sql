{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('fire_incident') }}"
) }}
{{ dataset_fact(
    'fire_incident',
    own=['motive_code', 'casualties', 'injured', 'died', 'caller_text'],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
