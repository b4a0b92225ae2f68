{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('survey_response') }}"
) }}
{{ dataset_fact(
    'survey_response',
    own=['question_code', 'weight', 'sample_size', 'age_band', 'sex_code', 'ethnicity_code'],
    category='category_code',
    source_id='source_id'
) }}
