select
    list,
    code,
    label,
    parent,
    valid_from,
    valid_to,
    description
from {{ source('snapshot', 'code_lists') }}
