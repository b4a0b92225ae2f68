select
    list,
    code,
    label,
    parent,
    level,
    path,
    valid_from,
    valid_to,
    lower,
    upper,
    description,
    publisher,
    title,
    edition,
    note
from {{ source('snapshot', 'code_lists') }}
