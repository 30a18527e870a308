import { accuracy } from './metrics/accuracy.js';
import { auc } from './metrics/auc.js';
import { averagePrecision } from './metrics/averagePrecision.js';
import { balancedAccuracy } from './metrics/balancedAccuracy.js';
import { brier } from './metrics/brier.js';
import { adaptiveEce, classwiseEce, ece, mce } from './metrics/calibrationErrors.js';
import { f1 } from './metrics/f1.js';
import { kappa } from './metrics/kappa.js';
import { logLoss } from './metrics/logLoss.js';
import { mcc } from './metrics/mcc.js';
import { precision } from './metrics/precision.js';
import { recall } from './metrics/recall.js';
import { mae, mape, medianAbsoluteError, mse, r2, rmse } from './metrics/regressionErrors.js';
import type { ClassificationMetric, RegressionMetric } from './metric.js';

/** Ways to say with a number how right predictions are, in the order of reports. */
export const predictionMetrics = {
  classification: [
    accuracy,
    balancedAccuracy,
    ...precision,
    ...recall,
    ...f1,
    mcc,
    kappa,
    ...auc,
    ...averagePrecision,
    logLoss,
    brier,
    ece,
    adaptiveEce,
    mce,
    classwiseEce,
  ],
  regression: [mae, rmse, mse, medianAbsoluteError, mape, r2],
} satisfies { readonly classification: readonly ClassificationMetric[]; readonly regression: readonly RegressionMetric[] };
