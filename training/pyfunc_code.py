"""What MLflow runs to make the model (models from code); a copy lies beside every logged Export."""

from __future__ import annotations

from mlflow.models import set_model

from training.pyfunc import PetitionModel

set_model(PetitionModel())
