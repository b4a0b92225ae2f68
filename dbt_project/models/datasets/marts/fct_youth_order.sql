{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('youth_order') }}"
) }}
{{ dataset_fact(
    'youth_order',
    own=['person_ref', 'offence_ref', 'age_band', 'sex_code', 'ethnicity_code'],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
