{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('ambulance_incident') }}"
) }}
{{ dataset_fact(
    'ambulance_incident',
    own=['conveyed_code', 'age_band', 'sex_code'],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
