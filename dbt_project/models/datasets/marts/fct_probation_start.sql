{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('probation_start') }}"
) }}
{{ dataset_fact(
    'probation_start',
    own=[
        'person_ref',
        'offence_code',
        'tier_code',
        'risk_code',
        'age_band',
        'sex_code',
        'ethnicity_code'
    ],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
