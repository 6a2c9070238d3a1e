"""The service: models, requests, tasks and downloads. Only this room speaks HTTP."""
