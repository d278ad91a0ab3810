import { setting } from '../../platform/config/setting.ts'

export const decisionSettings = {
  decisionSample: setting.number({
    description: 'Of 10,000 decisions that allow, how many stand in the decision log; every refusal does.',
    min: 0,
    max: 10_000,
    unit: 'decisions',
    example: '1000',
    default: 100,
  }),
  decisionDays: setting.number({
    description: 'How long decisions stand in the decision log.',
    min: 1,
    max: 400,
    unit: 'days',
    example: '90',
    default: 30,
  }),
  decisionRows: setting.number({
    description: 'How many decisions of one organisation stand in the decision log at most; the oldest go first.',
    min: 1_000,
    max: 10_000_000,
    unit: 'decisions',
    example: '1000000',
    default: 100_000,
  }),
}

/** As where the configuration says nothing. */
export const usualDecisions = { decisionSample: 100, decisionDays: 30, decisionRows: 100_000 } as const
